// What every mode is asked: cases in (ASK), what its code would write out (ANSWER). proxy.sh gives it its package.
package asked

import (
	"encoding/json"
	"net"
	"os"
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"
	proxyutiltest "k8s.io/kubernetes/pkg/proxy/util/testing"
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

func detectorOf(c *askCase) proxyutil.LocalTrafficDetector {
	if c.Settings.ClusterCIDR == "" {
		return proxyutil.NewNoOpLocalDetector()
	}
	return proxyutil.NewDetectLocalByCIDR(c.Settings.ClusterCIDR)
}

func networkOf(c *askCase) proxyutil.NetworkInterfacer {
	network := proxyutiltest.NewFakeNetwork()
	addrs := []net.Addr{}
	for _, each := range c.Settings.NodeAddresses {
		addrs = append(addrs, &net.IPNet{IP: netutils.ParseIPSloppy(each), Mask: net.CIDRMask(24, 32)})
	}
	network.AddInterfaceAddr(&net.Interface{Name: "eth0"}, addrs)
	return network
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
	answers := [][]any{}
	for i := range cases {
		p, before, texts := proxierOf(&cases[i]), &askStep{}, []any{}
		for j := range cases[i].Steps {
			// cmd/kube-proxy asks for no others (its informers' label selector).
			cases[i].Steps[j].Services = slices.DeleteFunc(cases[i].Steps[j].Services, isForeign)
			p.change(before, &cases[i].Steps[j])
			before = &cases[i].Steps[j]
			if err := p.syncProxyRules(); err != nil {
				t.Fatalf("case %d, step %d: %v", i, j, err)
			}
			texts = append(texts, p.answer())
		}
		answers = append(answers, texts)
	}
	out, _ := json.Marshal(answers)
	if err := os.WriteFile(os.Getenv("ANSWER"), out, 0o644); err != nil {
		t.Fatal(err)
	}
}
