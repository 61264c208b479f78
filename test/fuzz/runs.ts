/** How often a property is tried: a little in every run, `FUZZ_TIMES` as often where somebody has the time. */
export function runs(usual: number): number {
  return usual * Number(process.env.FUZZ_TIMES ?? 1)
}
