/**
 * The Dockerfile as tests read it: what it says, stage by stage. It knows as much of the syntax as the file uses:
 * comments, lines that go on after a backslash, and arguments as JSON or as words.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from './program.ts'

export interface Instruction {
  readonly name: string
  /** All after the name, on one line. */
  readonly text: string
}

/** The instructions of each stage, its `FROM` first. */
export async function readDockerfile(): Promise<readonly (readonly Instruction[])[]> {
  const source = await readFile(join(projectRoot, 'Dockerfile'), 'utf8')
  const lines = source
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line.trim() !== '')
  const stages: Instruction[][] = []
  for (const line of lines) {
    const end = line.indexOf(' ')
    const instruction = { name: line.slice(0, end), text: line.slice(end + 1).trim() }
    if (instruction.name === 'FROM') stages.push([])
    stages.at(-1)!.push(instruction)
  }
  return stages
}

/** The texts of all instructions of a name. */
export function textsOf(stage: readonly Instruction[], name: string): string[] {
  return stage.filter(instruction => instruction.name === name).map(({ text }) => text)
}

/** What is copied out of the checkout, from and to. */
export function copiedFromCheckout(
  stage: readonly Instruction[],
): { readonly sources: string[]; readonly to: string }[] {
  return textsOf(stage, 'COPY')
    .filter(text => !text.startsWith('--from='))
    .map(text => {
      const words = text.split(/\s+/)
      return { sources: words.slice(0, -1), to: words.at(-1)! }
    })
}

/** The words of an instruction in its exec form; anything else is an error. */
export function execForm(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[]
}
