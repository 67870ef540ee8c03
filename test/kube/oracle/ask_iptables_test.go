// Asks the code of kube-proxy's iptables mode, in place of its own tests.
package asked

import (
	"bytes"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/conntrack"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	"k8s.io/kubernetes/pkg/proxy/runner"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"
	iptablestest "k8s.io/kubernetes/pkg/util/iptables/testing"
	netutils "k8s.io/utils/net"
)

func proxierOf(c *askCase) *Proxier {
	s := &c.Settings
	ipt, family := iptablestest.NewFake(), v1.IPv4Protocol
	if s.Family == 6 {
		ipt, family = iptablestest.NewIPv6Fake(), v1.IPv6Protocol
	}
	addresses := proxyutil.NewNodePortAddresses(family, s.NodePortAddresses)
	p := &Proxier{
		ipFamily:                 family,
		svcPortMap:               make(proxy.ServicePortMap),
		serviceChanges:           proxy.NewServiceChangeTracker(family, newServiceInfo, nil),
		endpointsMap:             make(proxy.EndpointsMap),
		endpointsChanges:         proxy.NewEndpointsChangeTracker(family, s.Node, newEndpointInfo, nil),
		needFullSync:             true,
		iptables:                 ipt,
		masqueradeAll:            s.MasqueradeAll,
		masqueradeMark:           "0x00004000",
		conntrack:                conntrack.NewFake(),
		localDetector:            detectorOf(c),
		nodeName:                 s.Node,
		topologyLabels:           map[string]string{v1.LabelTopologyZone: s.Zone},
		serviceHealthServer:      healthcheck.NewFakeServiceHealthServer(),
		precomputedProbabilities: make([]string, 0, 1001),
		iptablesData:             bytes.NewBuffer(nil),
		existingFilterChainsData: bytes.NewBuffer(nil),
		filterChains:             proxyutil.NewLineBuffer(),
		filterRules:              proxyutil.NewLineBuffer(),
		natChains:                proxyutil.NewLineBuffer(),
		natRules:                 proxyutil.NewLineBuffer(),
		nodeIP:                   netutils.ParseIPSloppy(s.NodeIP),
		localhostNodePorts:       s.LocalhostNodePorts && addresses.ContainsIPv4Loopback(),
		nodePortAddresses:        addresses,
		networkInterfacer:        networkOf(c),
		conntrackTCPLiberal:      s.ConntrackLiberal,
		nfAcctCounters:           map[string]bool{},
		logger:                   klog.Background(),
	}
	p.setInitialized(true)
	p.syncRunner = runner.NewBoundedFrequencyRunner("ask", p.syncProxyRules, 0, 30*time.Second, time.Minute)
	return p
}

// What it would hand to iptables-restore.
func (p *Proxier) answer() any {
	return p.iptablesData.String()
}
