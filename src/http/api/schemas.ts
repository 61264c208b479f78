/** The shapes of the JSON API as zod schemas; the OpenAPI description is made from them (`api.md`, "JSON API"). */
import { z } from 'zod'

const id = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('64 hex digits')
const combinedId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('The combined id of bug and operation, 64 hex digits')
const time = z.string().describe('ISO 8601, UTC')
const lamport = z
  .union([z.number(), z.bigint()])
  .meta({ override: { type: 'integer', minimum: 0 }, description: 'Logical time, unsigned 64-bit' })
const status = z.enum(['open', 'closed'])

const identityRef = z
  .object({ id, humanId: z.string(), displayName: z.string() })
  .meta({ id: 'IdentityRef', description: 'A person, as far as a list needs it' })

const identity = z
  .object({
    id,
    humanId: z.string(),
    displayName: z.string(),
    name: z.string().nullable(),
    login: z.string().nullable(),
    email: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    versions: z.array(
      z.object({
        at: time,
        name: z.string().nullable(),
        login: z.string().nullable(),
        email: z.string().nullable(),
        avatarUrl: z.string().nullable(),
        keys: z.array(z.string()).describe('ASCII-armoured OpenPGP public keys'),
        fingerprints: z
          .array(z.string().nullable())
          .describe('Of each key, worked out here; null where it cannot be read'),
      }),
    ),
  })
  .meta({ id: 'Identity' })

const label = z.object({ name: z.string(), color: z.string().regex(/^#[0-9a-f]{6}$/) })

const summaryShape = {
  id,
  humanId: z.string().describe('The first 7 digits of the id'),
  status,
  title: z.string(),
  labels: z.array(label),
  author: identityRef,
  createdAt: time,
  editedAt: time,
  createLamport: lamport,
  editLamport: lamport,
}

const bugSummary = z
  .object({ ...summaryShape, comments: z.number().int().describe('Number of comments, the description among them') })
  .meta({ id: 'BugSummary' })

const comment = z
  .object({
    id: combinedId,
    author: identityRef,
    message: z.string(),
    files: z.array(z.string()).describe('Hashes of attached blobs'),
    createdAt: time,
    editedAt: time,
    edited: z.boolean(),
  })
  .meta({ id: 'Comment' })

const eventShape = { id: combinedId, author: identityRef, at: time }
const event = z
  .discriminatedUnion('type', [
    z.object({
      ...eventShape,
      type: z.enum(['create', 'comment']),
      message: z.string(),
      files: z.array(z.string()),
      edited: z.boolean(),
      editedAt: time,
      history: z.array(z.object({ message: z.string(), at: time })),
    }),
    z.object({ ...eventShape, type: z.literal('title'), title: z.string(), was: z.string() }),
    z.object({ ...eventShape, type: z.literal('status'), status }),
    z.object({ ...eventShape, type: z.literal('labels'), added: z.array(z.string()), removed: z.array(z.string()) }),
  ])
  .meta({ id: 'Event' })

export const bug = z
  .object({
    ...summaryShape,
    comments: z.array(comment),
    actors: z.array(identityRef),
    participants: z.array(identityRef),
    metadata: z.record(z.string(), z.string()),
    timeline: z.array(event),
  })
  .meta({ id: 'Bug' })

const mirror = z
  .object({
    url: z.string().describe('Where it is copied from'),
    fetched: time.nullable().describe('When that was last seen as it is here; null where the copy is not on disk'),
    failure: z
      .object({
        reason: z.enum(['gone', 'refused', 'unreachable', 'slow', 'forbidden', 'damaged', 'large', 'room', 'failed']),
        since: time,
      })
      .nullable()
      .describe('Why it cannot be fetched; null where it can'),
    bytes: z.number().int().describe('What the copy takes on disk'),
  })
  .meta({ id: 'Mirror', description: 'Of a copy of a repository elsewhere: where it is from, and how old it is' })

export const repository = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    openBugs: z.number().int().nullable().describe('null where it is not known now'),
    closedBugs: z.number().int().nullable(),
    lastActivity: time.nullable(),
    mirror: mirror.nullable().describe('null for a repository that is at home here'),
  })
  .meta({ id: 'Repository' })

export const repositoryList = z.object({ items: z.array(repository) })

export const bugPage = z.object({
  total: z.number().int().describe('Number of bugs that the query finds, on all pages'),
  items: z.array(bugSummary),
  next: z.string().nullable().describe('Cursor of the next page; null on the last'),
})

export const identityList = z.object({ items: z.array(identity) })
export const labelList = z.object({ items: z.array(label.extend({ bugs: z.number().int() })) })
export const problemList = z.object({ items: z.array(z.object({ ref: z.string(), reason: z.string() })) })

export const apiError = z
  .object({
    statusCode: z.number().int(),
    code: z.string(),
    error: z.string(),
    message: z.string(),
    matches: z.array(z.string()).optional().describe('With AMBIGUOUS_PREFIX: the ids that start so'),
    position: z.number().int().optional().describe('With QUERY_INVALID: where in the query, in UTF-16 units'),
    length: z.number().int().optional(),
    reason: z.string().optional().describe('With REMOTE_UNREACHABLE: as in a Mirror'),
    progress: z
      .object({
        step: z.enum(['waiting', 'connecting', 'counting', 'receiving', 'resolving', 'storing']).optional(),
        done: z.number().int(),
        total: z.number().int().describe('0 while it is not known'),
        bytes: z.number().int().optional(),
      })
      .optional()
      .describe('With LOAD_TIMEOUT: how far a first reading has come, or with a step the copying before it'),
  })
  .meta({ id: 'Error' })

const repositoryParams = z.object({ repo: z.string().min(1).describe('Name of the repository, percent-encoded') })
const entityParams = repositoryParams.extend({ id: z.string().describe('An id, or a prefix of 4 digits or more') })
const bugQuery = z.object({
  q: z.string().optional().describe('A query; without it all bugs, newest first'),
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional().describe('`next` of the page before'),
})

const answers = (ok: z.ZodType) => ({ 200: ok, '4xx': apiError, '5xx': apiError })

/** How each route of the API is described; routes name theirs. */
export const operations = {
  repositories: { summary: 'All repositories', response: answers(repositoryList) },
  repository: { summary: 'One repository', params: repositoryParams, response: answers(repository) },
  bugs: {
    summary: 'The bugs that a query finds',
    params: repositoryParams,
    querystring: bugQuery,
    response: answers(bugPage),
  },
  bug: { summary: 'One bug', params: entityParams, response: answers(bug) },
  identities: { summary: 'The people', params: repositoryParams, response: answers(identityList) },
  identity: { summary: 'One person', params: entityParams, response: answers(identity) },
  labels: { summary: 'The labels', params: repositoryParams, response: answers(labelList) },
  problems: { summary: 'What could not be read', params: repositoryParams, response: answers(problemList) },
}

export type OperationName = keyof typeof operations
