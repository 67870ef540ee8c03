// Has kube-proxy's own server of health check node ports answer, for no and for two local endpoints.
package main

import (
	"encoding/json"
	"net/http/httputil"
	"net/http"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"
)

type well struct{}

func (well) Health() healthcheck.ProxyHealth { return healthcheck.ProxyHealth{Healthy: true} }

func main() {
	name := types.NamespacedName{Namespace: "default", Name: "web"}
	any := proxyutil.NewNodePortAddresses(v1.IPv4Protocol, []string{"127.0.0.0/8"})
	server := healthcheck.NewServiceHealthServer("node-1", nil, any, well{}, v1.IPv4Protocol)
	if err := server.SyncServices(map[types.NamespacedName]uint16{name: 31999}); err != nil {
		panic(err)
	}
	time.Sleep(time.Second)
	said := map[string]string{}
	for count, key := range map[int]string{0: "0", 2: "2"} {
		server.SyncEndpoints(map[types.NamespacedName]int{name: count})
		answer, err := http.Get("http://127.0.0.1:31999/healthz")
		if err != nil {
			panic(err)
		}
		answer.Header.Del("Date")
		whole, _ := httputil.DumpResponse(answer, true)
		said[key] = string(whole)
	}
	json.NewEncoder(os.Stdout).Encode(said)
}
