// UDP echoes in ns-3, nothing traced, no queue disciplines: hosts at the ends of a chain of point-to-point links, or
// hosts on one learning bridge whose neighbours are known.
//   ns3 chain|star NODES ECHOES      prints microseconds of CPU for a hop
#include "ns3/applications-module.h"
#include "ns3/bridge-module.h"
#include "ns3/core-module.h"
#include "ns3/csma-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/traffic-control-module.h"
#include <cstdio>
#include <ctime>
#include <string>
using namespace ns3;

static const uint16_t PORT = 7;

/** The other end of an echo, and who asks it. */
static void AddEcho(Ptr<Node> from, Ptr<Node> to, Ipv4Address address, uint32_t count, Time start, Time every) {
  UdpEchoServerHelper(PORT).Install(to).Start(Seconds(0));
  UdpEchoClientHelper client(address, PORT);
  client.SetAttribute("MaxPackets", UintegerValue(count));
  client.SetAttribute("Interval", TimeValue(every));
  client.SetAttribute("PacketSize", UintegerValue(64));
  client.Install(from).Start(Seconds(1) + start);
}

static void Chain(NodeContainer nodes, uint32_t echoes) {
  PointToPointHelper cable;
  cable.SetDeviceAttribute("DataRate", StringValue("10Gbps"));
  cable.SetChannelAttribute("Delay", StringValue("5us"));
  Ipv4AddressHelper addresses("10.9.0.0", "255.255.255.252");
  std::vector<Ipv4InterfaceContainer> links;
  for (uint32_t i = 0; i + 1 < nodes.GetN(); i++) {
    links.push_back(addresses.Assign(cable.Install(nodes.Get(i), nodes.Get(i + 1))));
    addresses.NewNetwork();
  }
  Ipv4StaticRoutingHelper routing;
  const Ipv4Mask mask("255.255.255.252");
  const Ipv4Address first = links.front().GetAddress(0).CombineMask(mask);
  const Ipv4Address last = links.back().GetAddress(0).CombineMask(mask);
  for (uint32_t i = 0; i < nodes.GetN(); i++) {
    auto table = routing.GetStaticRouting(nodes.Get(i)->GetObject<Ipv4>());
    if (i + 2 < nodes.GetN()) table->AddNetworkRouteTo(last, mask, links[i].GetAddress(1), i == 0 ? 1 : 2);
    if (i >= 2) table->AddNetworkRouteTo(first, mask, links[i - 1].GetAddress(0), 1);
  }
  AddEcho(nodes.Get(0), nodes.Get(nodes.GetN() - 1), links.back().GetAddress(1), echoes, Seconds(0), MilliSeconds(1));
}

static void Star(NodeContainer hosts, uint32_t echoes) {
  CsmaHelper cable;
  cable.SetChannelAttribute("DataRate", StringValue("10Gbps"));
  cable.SetChannelAttribute("Delay", StringValue("5us"));
  Ptr<Node> bridge = CreateObject<Node>();
  NetDeviceContainer ends, ports;
  for (uint32_t i = 0; i < hosts.GetN(); i++) {
    NetDeviceContainer pair = cable.Install(NodeContainer(hosts.Get(i), bridge));
    ends.Add(pair.Get(0));
    ports.Add(pair.Get(1));
  }
  BridgeHelper().Install(bridge, ports);
  Ipv4InterfaceContainer addresses = Ipv4AddressHelper("10.1.0.0", "255.255.0.0").Assign(ends);
  for (uint32_t i = 0; i < hosts.GetN(); i++) {
    Ptr<ArpCache> known = hosts.Get(i)->GetObject<Ipv4L3Protocol>()->GetInterface(1)->GetArpCache();
    for (uint32_t k = 0; k < hosts.GetN(); k++) {
      if (k == i) continue;
      ArpCache::Entry* entry = known->Add(addresses.GetAddress(k));
      entry->SetMacAddress(ends.Get(k)->GetAddress());
      entry->MarkPermanent();
    }
  }
  const uint32_t n = hosts.GetN();
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t to = (i + n / 2) % n;
    AddEcho(hosts.Get(i), hosts.Get(to), addresses.GetAddress(to), echoes / n, MicroSeconds(100 * i), MilliSeconds(20));
  }
}

int main(int, char** arguments) {
  const bool isChain = std::string(arguments[1]) == "chain";
  const uint32_t count = std::stoul(arguments[2]), echoes = std::stoul(arguments[3]);
  NodeContainer nodes(count);
  InternetStackHelper stack;
  Ipv4StaticRoutingHelper routing;
  stack.SetRoutingHelper(routing);
  stack.SetIpv6StackInstall(false);
  stack.Install(nodes);
  if (isChain) Chain(nodes, echoes);
  else Star(nodes, echoes);
  TrafficControlHelper queues;
  uint64_t answers = 0;
  for (uint32_t i = 0; i < count; i++) {
    auto control = nodes.Get(i)->GetObject<TrafficControlLayer>();
    for (uint32_t k = 0; k < nodes.Get(i)->GetNDevices(); k++)
      if (control->GetRootQueueDiscOnDevice(nodes.Get(i)->GetDevice(k))) queues.Uninstall(nodes.Get(i)->GetDevice(k));
    for (uint32_t k = 0; k < nodes.Get(i)->GetNApplications(); k++)
      nodes.Get(i)->GetApplication(k)->TraceConnectWithoutContext(
        "Rx", Callback<void, Ptr<const Packet>>([&answers](Ptr<const Packet>) { answers++; }));
  }
  const clock_t start = clock();
  Simulator::Stop(Seconds(100000));
  Simulator::Run();
  const double seconds = double(clock() - start) / CLOCKS_PER_SEC;
  const double hops = isChain ? 2.0 * (count - 1) : 4.0;
  // Servers count as well: each echo is received twice.
  std::printf("%.4f %lu\n", seconds * 1e6 / (hops * echoes), answers / 2);
  Simulator::Destroy();
}
