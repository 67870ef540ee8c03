// Asks the code of kube-proxy's iptables mode, in place of its own tests: cases in (ASK), what it would hand to
// iptables-restore out (ANSWER). proxy.sh runs it.
package iptables

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/conntrack"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	"k8s.io/kubernetes/pkg/proxy/runner"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"
	proxyutiltest "k8s.io/kubernetes/pkg/proxy/util/testing"
	iptablestest "k8s.io/kubernetes/pkg/util/iptables/testing"
	netutils "k8s.io/utils/net"
)

type askStep struct {
	Services []*v1.Service
	Slices   []*discovery.EndpointSlice
}

type askCase struct {
	Settings struct {
		Family             int
		Node               string
		Zone               string
		NodeIP             string
		NodeAddresses      []string
		ClusterCIDR        string
		MasqueradeAll      bool
		LocalhostNodePorts bool
		NodePortAddresses  []string
		ConntrackLiberal   bool
	}
	// What there is, state after state.
	Steps []askStep
}

func proxierOf(c *askCase) *Proxier {
	s := &c.Settings
	ipt, family := iptablestest.NewFake(), v1.IPv4Protocol
	if s.Family == 6 {
		ipt, family = iptablestest.NewIPv6Fake(), v1.IPv6Protocol
	}
	detector := proxyutil.NewNoOpLocalDetector()
	if s.ClusterCIDR != "" {
		detector = proxyutil.NewDetectLocalByCIDR(s.ClusterCIDR)
	}
	network := proxyutiltest.NewFakeNetwork()
	addrs := []net.Addr{}
	for _, each := range s.NodeAddresses {
		ip := netutils.ParseIPSloppy(each)
		addrs = append(addrs, &net.IPNet{IP: ip, Mask: net.CIDRMask(24, 32)})
	}
	network.AddInterfaceAddr(&net.Interface{Name: "eth0"}, addrs)
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
		localDetector:            detector,
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
		networkInterfacer:        network,
		conntrackTCPLiberal:      s.ConntrackLiberal,
		nfAcctCounters:           map[string]bool{},
		logger:                   klog.Background(),
	}
	p.setInitialized(true)
	p.syncRunner = runner.NewBoundedFrequencyRunner("ask", p.syncProxyRules, 0, 30*time.Second, time.Minute)
	return p
}

func isForeign(service *v1.Service) bool {
	_, proxied := service.Labels["service.kubernetes.io/service-proxy-name"]
	return proxied
}

func (p *Proxier) change(before, after *askStep) {
	services, known := map[string]*v1.Service{}, map[string]*discovery.EndpointSlice{}
	for _, each := range before.Services {
		services[each.Namespace+"/"+each.Name] = each
	}
	for _, each := range after.Services {
		key := each.Namespace + "/" + each.Name
		if old, ok := services[key]; ok {
			p.OnServiceUpdate(old, each)
			delete(services, key)
		} else {
			p.OnServiceAdd(each)
		}
	}
	for _, each := range services {
		p.OnServiceDelete(each)
	}
	for _, each := range before.Slices {
		known[each.Namespace+"/"+each.Name] = each
	}
	for _, each := range after.Slices {
		key := each.Namespace + "/" + each.Name
		if old, ok := known[key]; ok {
			p.OnEndpointSliceUpdate(old, each)
			delete(known, key)
		} else {
			p.OnEndpointSliceAdd(each)
		}
	}
	for _, each := range known {
		p.OnEndpointSliceDelete(each)
	}
}

func TestAsk(t *testing.T) {
	asked, err := os.ReadFile(os.Getenv("ASK"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []askCase
	if err := json.Unmarshal(asked, &cases); err != nil {
		t.Fatal(err)
	}
	answers := [][]string{}
	for i := range cases {
		p, before, texts := proxierOf(&cases[i]), &askStep{}, []string{}
		for j := range cases[i].Steps {
			// cmd/kube-proxy asks for no others (its informers' label selector).
			cases[i].Steps[j].Services = slices.DeleteFunc(cases[i].Steps[j].Services, isForeign)
			p.change(before, &cases[i].Steps[j])
			before = &cases[i].Steps[j]
			if err := p.syncProxyRules(); err != nil {
				t.Fatalf("case %d, step %d: %v\n%s", i, j, err, p.iptablesData.String())
			}
			texts = append(texts, p.iptablesData.String())
		}
		answers = append(answers, texts)
	}
	out, _ := json.Marshal(answers)
	if err := os.WriteFile(os.Getenv("ANSWER"), out, 0o644); err != nil {
		t.Fatal(err)
	}
}
