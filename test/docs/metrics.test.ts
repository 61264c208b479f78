import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { errorCatalogue } from '../../src/base/errors.ts'
import { type MeasureEntry, measureCatalogue } from '../../src/base/measures.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { parseExposition } from '../support/exposition.ts'
import { projectRoot } from '../support/program.ts'

const catalogue = new Map(Object.entries<MeasureEntry>(measureCatalogue))
const readProjectFile = async (path: string) => await readFile(join(projectRoot, path), 'utf8')

/** Measures of the process, which the client library names. */
let processMeasures: ReadonlySet<string>
let page: string
beforeAll(async () => {
  page = await readProjectFile('docs/metrics.md')
  const { types } = parseExposition(await createMetrics().readText())
  processMeasures = new Set([...types.keys()].filter(name => !catalogue.has(name)))
})

/** The name of the measure that a series in an expression belongs to. */
function measureOf(series: string): string {
  const base = series.replace(/_(?:bucket|sum|count)$/, '')
  const isHistogram = catalogue.get(base)?.kind === 'histogram' || processMeasures.has(base)
  return isHistogram ? base : series
}

const seriesNames = (text: string) => text.match(/\b(?:gitbugviewer|process|nodejs)_\w+/g) ?? []
const unknownSeries = (text: string) =>
  seriesNames(text).filter(series => !catalogue.has(measureOf(series)) && !processMeasures.has(measureOf(series)))

/** Labels of the target, and of a histogram's buckets. */
const alwaysThere = ['job', 'instance', 'le']

/** Labels and values that an expression asks for and the catalogue does not have. */
function unknownLabels(expression: string): string[] {
  const names = seriesNames(expression).map(measureOf)
  const entries = names.flatMap(name => catalogue.get(name) ?? [])
  if (entries.length < names.length || entries.length === 0) return []
  const fits = (label: string, value?: string) =>
    alwaysThere.includes(label) ||
    entries.every(({ labels }) => {
      const values = labels[label]
      return values === 'any' || (values !== undefined && (value === undefined || values.includes(value)))
    })
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */))
  const exact = [...expression.matchAll(/(\w+)="([^"]*)"/g)].filter(([, label = '', value]) => !fits(label, value))
  return [...grouped.filter(label => !fits(label)), ...exact.map(([text]) => text)]
}

function labelCell(labels: MeasureEntry['labels']): string {
  const errorCodes = Object.keys(errorCatalogue)
  const cells = Object.entries(labels).map(([label, values]) => {
    if (values === 'any') return `\`${label}\``
    const rest = values.filter(value => !errorCodes.includes(value))
    const shown = rest.length < values.length ? ['a code of [errors.md](errors.md)', ...rest] : rest
    return `\`${label}\`: ${shown.join(', ')}`
  })
  return cells.join('; ')
}

describe('docs/metrics.md', () => {
  test('has exactly the measures of the catalogue, each with its kind, its labels and its meaning', () => {
    const expected = [...catalogue].map(([name, { kind, labels, help }]) =>
      `| \`${name}\` | ${kind} | ${labelCell(labels)} | ${help} |`.replace('|  |', '| |'),
    )
    expect(page.match(/^\| `gitbugviewer_.*$/gm)).toEqual(expected)
  })

  test('names no measure that is not there', () => {
    expect(unknownSeries(page)).toEqual([])
  })

  test('has alerts that can be loaded, on labels and values that exist', () => {
    const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)
    const { groups } = parse(blocks.find(text => text.startsWith('groups:'))!) as {
      groups: { rules: { alert: string; expr: string }[] }[]
    }
    const rules = groups.flatMap(group => group.rules)
    expect(rules.length).toBeGreaterThan(5)
    expect(rules.flatMap(({ expr }) => unknownLabels(expr))).toEqual([])
  })
})

interface Panel {
  readonly id: number
  readonly type: string
  readonly title?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

describe('the dashboard', () => {
  let panels: readonly Panel[]
  let expressions: string[]
  let variables: readonly { name: string; type: string }[]
  beforeAll(async () => {
    const text = await readProjectFile('docs/examples/grafana-dashboard.json')
    const dashboard = JSON.parse(text) as { panels: Panel[]; templating: { list: { name: string; type: string }[] } }
    panels = dashboard.panels
    variables = dashboard.templating.list
    expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  })

  test('asks only for measures, labels and values that exist', () => {
    expect(expressions.flatMap(unknownSeries)).toEqual([])
    expect(expressions.flatMap(unknownLabels)).toEqual([])
    expect(expressions.filter(expression => seriesNames(expression).length === 0)).toEqual([])
  })

  test('shows every measure of the catalogue', () => {
    const shown = new Set(expressions.flatMap(seriesNames).map(measureOf))
    expect([...catalogue.keys()].filter(name => !shown.has(name))).toEqual([])
  })

  test('has a title and a unit on every panel, and shows data of the source that the reader chooses', () => {
    expect(variables[0]).toMatchObject({ name: 'datasource', type: 'datasource' })
    for (const { title, type, fieldConfig, datasource, targets = [] } of panels) {
      expect(title).toMatch(/\S/)
      const isRow = type === 'row'
      expect([title, fieldConfig?.defaults.unit !== undefined]).toEqual([title, !isRow])
      const sources = [datasource, ...targets.map(target => target.datasource)].map(source => source?.uid)
      expect(new Set(sources)).toEqual(new Set([isRow ? undefined : '$datasource']))
    }
  })

  test('looks at the chosen job and instances in every expression', () => {
    expect(variables.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance'])
    for (const expression of expressions) {
      const chosen = expression.match(/\{job=~"\$job", instance=~"\$instance"/g)
      expect([expression, chosen?.length]).toEqual([expression, seriesNames(expression).length])
    }
  })

  test('has panels that do not cover each other, each with a number of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24)
  })
})
