/**
 * The OpenAPI description as it is published. What the generator makes of the zod schemas is right but says two things
 * that are not meant: each shape twice, as input and as output, and that no field may ever be added.
 */

import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import { operations } from './schemas.ts'

export interface ApiDescription {
  readonly version: string
  readonly basePath: string
  /** Adds the routes to describe; each names its operation in its `config`. */
  routes(scope: FastifyInstance): void
}

/** The description of the API's routes, OpenAPI 3.1. */
export async function describeApi({ version, basePath, routes }: ApiDescription): Promise<unknown> {
  // A server that never listens, for the generator to look at.
  const app = Fastify({ logger: false })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'git-bug-viewer', version, description: 'Bugs kept in git repositories by git-bug, read-only.' },
      servers: [{ url: basePath || '/' }],
    },
    transform: createJsonSchemaTransform({}),
    transformObject: createJsonSchemaTransformObject({}),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.addHook('onRoute', route => {
    const operation = route.config?.operation
    if (operation !== undefined) route.schema = operations[operation]
  })
  await app.register(async scope => routes(scope), { prefix: '/api/v1' })
  await app.ready()
  const document = tidyOpenApi(app.swagger())
  await app.close()
  return document
}

interface OpenApi {
  readonly paths?: unknown
  readonly components?: { schemas?: Record<string, unknown> }
}

/** A copy of the document without shapes that no path needs, and open to fields of later versions. */
function tidyOpenApi(document: unknown): unknown {
  const open: OpenApi = JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    key === 'additionalProperties' && value === false ? undefined : value,
  )
  const schemas = open.components?.schemas ?? {}
  const needed: Record<string, unknown> = {}
  let texts = [JSON.stringify(open.paths)]
  while (texts.length > 0) {
    const names = texts.flatMap(text =>
      [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(match => match[1] ?? ''),
    )
    texts = []
    for (const name of new Set(names)) {
      if (Object.hasOwn(needed, name)) continue
      needed[name] = schemas[name]
      texts.push(JSON.stringify(schemas[name] ?? {}))
    }
  }
  return { ...open, components: { ...open.components, schemas: needed } }
}
