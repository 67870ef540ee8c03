// Writes the goldens of npm test anew (needs root and the real tools): node dist/test/netfilter/conntrack/main.js
import { record } from "./goldens.ts";

record();
