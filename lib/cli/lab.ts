export async function command(_args: string[]): Promise<number> {
  return 0;
}
