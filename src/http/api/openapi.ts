/**
 * The OpenAPI description as it is published. What the generator makes of the zod schemas is right but says two things
 * that are not meant: each shape twice, as input and as output, and that no field may ever be added.
 */

interface OpenApi {
  readonly paths?: unknown
  readonly components?: { schemas?: Record<string, unknown> }
}

/** A copy of the document without shapes that no path needs, and open to fields of later versions. */
export function tidyOpenApi(document: unknown): unknown {
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
