/** An object reader over objects in memory: it answers in the bytes of `git cat-file --batch`, cut in pieces by chance. */
import { AnswerParser } from '../../../src/git/cat-file-answers.ts'
import type { ObjectCallback, ObjectReader } from '../../../src/git/object-reader.ts'
import type { GitObject } from '../../opinion/git-objects.ts'
import type { Random } from '../../opinion/random.ts'

interface Question {
  readonly hash: string
  readonly maxBytes: number
  readonly done: ObjectCallback
}

/** All that is asked for in one turn is answered at once, as by a git that is quick. */
export function createMemoryReader(objects: ReadonlyMap<string, GitObject>, random: Random): ObjectReader {
  let questions: Question[] = []
  const asked: Question[] = []
  const parser = new AnswerParser({
    maxBytes: () => asked[0]?.maxBytes ?? 0,
    onAnswer({ name, object }) {
      const question = asked.shift()
      if (question?.hash !== name) return 'an answer to another question'
      question.done(undefined, object)
      return undefined
    },
  })
  function answer() {
    const next = questions
    questions = []
    asked.push(...next)
    const bytes = Buffer.concat(next.flatMap(({ hash }) => answerOf(hash, objects.get(hash))))
    for (let at = 0; at < bytes.length; ) {
      const end = at + (random.percent(50) ? bytes.length : 1 + random.int(bytes.length))
      const problem = parser.push(bytes.subarray(at, end))
      if (problem !== undefined) throw new Error(problem)
      at = end
    }
  }
  function request(hash: string, maxBytes: number, done: ObjectCallback) {
    if (questions.length === 0) queueMicrotask(answer)
    questions.push({ hash, maxBytes, done })
  }
  return {
    request,
    read: (hash, maxBytes) =>
      new Promise((resolve, reject) => {
        request(hash, maxBytes, (error, object) => {
          if (error === undefined) resolve(object)
          else reject(error as Error)
        })
      }),
    warmUp: () => {},
    processes: 0,
    [Symbol.asyncDispose]: async () => {},
  }
}

function answerOf(hash: string, object: GitObject | undefined): Buffer[] {
  if (!object) return [Buffer.from(`${hash} missing\n`)]
  return [Buffer.from(`${hash} ${object.type} ${object.bytes.length}\n`), object.bytes, Buffer.from('\n')]
}
