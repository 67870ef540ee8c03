// Asks the code of kube-proxy's IPVS mode, in place of its own tests.
package asked

import (
	"bytes"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/conntrack"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	ipsettest "k8s.io/kubernetes/pkg/proxy/ipvs/ipset/testing"
	netlinktest "k8s.io/kubernetes/pkg/proxy/ipvs/testing"
	ipvstest "k8s.io/kubernetes/pkg/proxy/ipvs/util/testing"
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
	handle := netlinktest.NewFakeNetlinkHandle(s.Family == 6)
	handle.SetLocalAddresses("eth0", s.NodeAddresses...)
	ipset, ipvs := ipsettest.NewFake("6.0"), ipvstest.NewFake()
	sets := make(map[string]*IPSet)
	for _, each := range ipsetInfo {
		sets[each.name] = NewIPSet(ipset, each.name, each.setType, s.Family == 6, each.comment)
	}
	p := &Proxier{
		ipFamily:              family,
		svcPortMap:            make(proxy.ServicePortMap),
		serviceChanges:        proxy.NewServiceChangeTracker(family, newServiceInfo, nil),
		endpointsMap:          make(proxy.EndpointsMap),
		endpointsChanges:      proxy.NewEndpointsChangeTracker(family, s.Node, nil, nil),
		initialSync:           true,
		iptables:              ipt,
		masqueradeAll:         s.MasqueradeAll,
		masqueradeMark:        "0x00004000",
		conntrack:             conntrack.NewFake(),
		localDetector:         detectorOf(c),
		nodeName:              s.Node,
		nodeIP:                netutils.ParseIPSloppy(s.NodeIP),
		topologyLabels:        map[string]string{v1.LabelTopologyZone: s.Zone},
		serviceHealthServer:   healthcheck.NewFakeServiceHealthServer(),
		ipvs:                  ipvs,
		ipvsScheduler:         defaultScheduler,
		iptablesData:          bytes.NewBuffer(nil),
		filterChainsData:      bytes.NewBuffer(nil),
		natChains:             proxyutil.NewLineBuffer(),
		natRules:              proxyutil.NewLineBuffer(),
		filterChains:          proxyutil.NewLineBuffer(),
		filterRules:           proxyutil.NewLineBuffer(),
		netlinkHandle:         handle,
		ipset:                 ipset,
		ipsetList:             sets,
		nodePortAddresses:     proxyutil.NewNodePortAddresses(family, s.NodePortAddresses),
		networkInterfacer:     networkOf(c),
		gracefuldeleteManager: NewGracefulTerminationManager(ipvs),
		logger:                klog.Background(),
	}
	p.setInitialized(true)
	p.syncRunner = runner.NewBoundedFrequencyRunner("ask", p.syncProxyRules, 0, 30*time.Second, time.Minute)
	return p
}

// What iptables-restore gets, and what sets, virtual servers and the dummy device have then.
func (p *Proxier) answer() any {
	sets, servers := map[string][]string{}, map[string]any{}
	for _, each := range p.ipsetList {
		sets[each.Name], _ = each.handle.ListEntries(each.Name)
	}
	all, _ := p.ipvs.GetVirtualServers()
	for _, each := range all {
		reals, _ := p.ipvs.GetRealServers(each)
		texts := []string{}
		for _, real := range reals {
			texts = append(texts, real.String())
		}
		servers[each.String()] = map[string]any{"Flags": each.Flags, "Timeout": each.Timeout, "Reals": texts}
	}
	bound, _ := p.netlinkHandle.GetLocalAddresses(defaultDummyDevice)
	return map[string]any{"Text": p.iptablesData.String(), "Sets": sets, "Servers": servers, "Bound": bound.UnsortedList()}
}
