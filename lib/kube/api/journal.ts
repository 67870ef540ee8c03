// What was noted, in order: calls of the API server, of runtimes. It turns over like an audit log, so that a cluster may live long.
// Before you edit: staging/src/k8s.io/apiserver/pkg/server/options/audit.go (--audit-log-maxsize, --audit-log-maxbackup).

/** So many notes are kept at least; with twice as many, half of them go. */
const KEPT = 100_000;

export class Journal<Note> {
  private notes: Note[] = [];
  private forgotten = 0;

  /** How much was ever noted. */
  get length(): number {
    return this.forgotten + this.notes.length;
  }

  push(note: Note): void {
    this.notes.push(note);
    if (this.notes.length < 2 * KEPT) return;
    this.notes = this.notes.slice(KEPT);
    this.forgotten += KEPT;
  }

  /** Notes since it had this length, as far as they are kept. */
  slice(since: number): Note[] {
    return this.notes.slice(Math.max(0, since - this.forgotten));
  }

  /** Those of the notes that are kept. */
  filter(of: (note: Note) => boolean): Note[] {
    return this.notes.filter(of);
  }
}
