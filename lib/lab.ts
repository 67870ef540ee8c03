// What a program imports that builds labs and sends packets by itself, without notebook, commands or cluster: a fourth
// of the library. Nothing inside imports it.
export { Lab, type LabOptions } from "./lab/lab.ts";
export type { Machine, PodOptions } from "./lab/machine.ts";
export { addAddress, addRoute } from "./netns/configure.ts";
export { PingSocket } from "./netns/socket/ping.ts";
export { UdpSocket } from "./netns/socket/udp.ts";
export { LEVEL, type Level } from "./trace/step.ts";
export { type Ipv4, ipv4, Prefix4 } from "./wire/address.ts";
export { BadInput } from "./wire/input.ts";
