/**
 * How long work takes on the processor. Other programs that keep the machine busy make work wait, and that is no part
 * of this time; so a limit on it tells what costs too much from what came at a bad moment.
 */
export function processorMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
