// Asks the code of kube-proxy's nftables mode, in place of its own tests.
package asked

import (
	"time"

	"golang.org/x/time/rate"
	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/conntrack"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	"k8s.io/kubernetes/pkg/proxy/runner"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"
	netutils "k8s.io/utils/net"
	"sigs.k8s.io/knftables"
)

var fakeTable *knftables.Fake

func proxierOf(c *askCase) *Proxier {
	s := &c.Settings
	family, nftFamily := v1.IPv4Protocol, knftables.IPv4Family
	if s.Family == 6 {
		family, nftFamily = v1.IPv6Protocol, knftables.IPv6Family
	}
	fakeTable = knftables.NewFake(nftFamily, kubeProxyTable)
	p := &Proxier{
		ipFamily:            family,
		svcPortMap:          make(proxy.ServicePortMap),
		serviceChanges:      proxy.NewServiceChangeTracker(family, newServiceInfo, nil),
		endpointsMap:        make(proxy.EndpointsMap),
		endpointsChanges:    proxy.NewEndpointsChangeTracker(family, s.Node, newEndpointInfo, nil),
		needFullSync:        true,
		nftables:            fakeTable,
		masqueradeAll:       s.MasqueradeAll,
		masqueradeMark:      "0x00004000",
		masqueradeRule:      "mark set mark or 0x00004000",
		conntrack:           conntrack.NewFake(),
		localDetector:       detectorOf(c),
		nodeName:            s.Node,
		nodeIP:              netutils.ParseIPSloppy(s.NodeIP),
		topologyLabels:      map[string]string{v1.LabelTopologyZone: s.Zone},
		serviceHealthServer: healthcheck.NewFakeServiceHealthServer(),
		nodePortAddresses:   proxyutil.NewNodePortAddresses(family, s.NodePortAddresses),
		networkInterfacer:   networkOf(c),
		staleChains:         make(map[string]time.Time),
		logger:              klog.Background(),
		logRateLimiter:      rate.NewLimiter(rate.Every(24*time.Hour), 1),
		clusterIPs:          newNFTElementStorage("set", clusterIPsSet),
		serviceIPs:          newNFTElementStorage("map", serviceIPsMap),
		firewallIPs:         newNFTElementStorage("map", firewallIPsMap),
		noEndpointServices:  newNFTElementStorage("map", noEndpointServicesMap),
		noEndpointNodePorts: newNFTElementStorage("map", noEndpointNodePortsMap),
		serviceNodePorts:    newNFTElementStorage("map", serviceNodePortsMap),
		hairpinConnections:  newNFTElementStorage("set", hairpinConnectionsSet),
	}
	p.setInitialized(true)
	p.syncRunner = runner.NewBoundedFrequencyRunner("ask", p.syncProxyRules, 0, 30*time.Second, time.Minute)
	return p
}

// What would be in the kernel, as commands of nft.
func (p *Proxier) answer() any {
	return fakeTable.Dump()
}
