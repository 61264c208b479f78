/**
 * Webhook deliveries as the forges send them: the headers and the parts of the payload that are there for everybody.
 * Which bytes are signed differs between them, and is what each forge's own sources do.
 */
import { createHmac } from 'node:crypto'

export interface ForgeCall {
  readonly headers: Record<string, string>
  readonly payload: string
}

export interface CallOptions {
  /** Signs with it; the call carries no signature without. */
  readonly secret?: string
  /** Default `push`. */
  readonly event?: string
  /** The payload in a field of a form. */
  readonly form?: boolean
  /** Default: that of a push to group/tool. */
  readonly payload?: unknown
}

const push = { ref: 'refs/heads/main', before: '1'.repeat(40), after: '2'.repeat(40), commits: [] }

export function hexDigest(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}

function encode(payload: unknown, form = false): { type: string; json: string; body: string } {
  const json = JSON.stringify(payload)
  return form
    ? { type: 'application/x-www-form-urlencoded', json, body: new URLSearchParams({ payload: json }).toString() }
    : { type: 'application/json', json, body: json }
}

/** GitHub signs the body as it is sent. */
export function githubCall({ secret, event = 'push', form, payload = githubPush('group/tool') }: CallOptions) {
  const { type, body } = encode(payload, form)
  const headers: Record<string, string> = {
    'content-type': type,
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-github-event': event,
    'x-github-hook-id': '292430182',
  }
  if (secret !== undefined) headers['x-hub-signature-256'] = `sha256=${hexDigest(secret, body)}`
  return { headers, payload: body }
}

export function githubPush(name: string, host = 'github.example') {
  return {
    ...push,
    repository: {
      id: 186853002,
      name: name.split('/').at(-1),
      full_name: name,
      html_url: `https://${host}/${name}`,
      git_url: `git://${host}/${name}.git`,
      ssh_url: `git@${host}:${name}.git`,
      clone_url: `https://${host}/${name}.git`,
    },
  }
}

/** Gitea signs the payload, in a form too, and sends the headers of its relatives. */
export function giteaCall({ secret, event = 'push', form, payload = giteaPush('group/tool') }: CallOptions) {
  const { type, json, body } = encode(payload, form)
  const signature = secret === undefined ? '' : hexDigest(secret, json)
  const headers: Record<string, string> = {
    'content-type': type,
    'x-gitea-event': event,
    'x-gogs-event': event,
    'x-github-event': event,
    // Without a secret these headers are there, and empty.
    'x-gitea-signature': signature,
    'x-gogs-signature': signature,
  }
  if (secret !== undefined) headers['x-hub-signature-256'] = `sha256=${signature}`
  return { headers, payload: body }
}

export function giteaPush(name: string) {
  return {
    ...push,
    repository: {
      id: 140,
      name: name.split('/').at(-1),
      full_name: name,
      html_url: `http://gitea.example:3000/${name}`,
      ssh_url: `ssh://git@gitea.example:2222/${name}.git`,
      clone_url: `http://gitea.example:3000/${name}.git`,
    },
  }
}

export function forgejoCall(options: CallOptions): ForgeCall {
  const { headers, payload } = giteaCall(options)
  const { 'x-gitea-event': event = '', 'x-gitea-signature': signature = '' } = headers
  return { headers: { ...headers, 'x-forgejo-event': event, 'x-forgejo-signature': signature }, payload }
}

/** The Gogs of today, which is not Gitea. */
export function gogsCall({ secret, payload = giteaPush('group/tool') }: CallOptions): ForgeCall {
  const { type, json, body } = encode(payload)
  const headers: Record<string, string> = { 'content-type': type, 'x-gogs-event': 'push' }
  if (secret !== undefined) headers['x-gogs-signature'] = hexDigest(secret, json)
  return { headers, payload: body }
}

export function gitlabCall({ secret, event = 'Push Hook', payload = gitlabPush('group/tool') }: CallOptions) {
  const { type, body } = encode(payload)
  const headers: Record<string, string> = {
    'content-type': type,
    'user-agent': 'GitLab/18.9.0',
    'x-gitlab-event': event,
    'x-gitlab-instance': 'https://gitlab.example',
  }
  if (secret !== undefined) headers['x-gitlab-token'] = secret
  return { headers, payload: body }
}

/** A GitLab delivery signed with a signing token, `whsec_` and a key in base64. */
export function signedGitlabCall(token: string, options: CallOptions = {}): ForgeCall {
  const { headers, payload } = gitlabCall(options)
  const [id, timestamp] = ['f5e5f430-f57b-4e6e-9fac-d9128cd7232f', '1785000000']
  const key = Buffer.from(token.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${payload}`).digest('base64')
  const own = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
  return { headers: { ...headers, ...own }, payload }
}

export function gitlabPush(name: string, more: Record<string, unknown> = { object_kind: 'push', event_name: 'push' }) {
  const addresses = {
    git_http_url: `https://gitlab.example/${name}.git`,
    git_ssh_url: `git@gitlab.example:${name}.git`,
  }
  return {
    ...more,
    ...push,
    project: {
      id: 15,
      name: 'Tool',
      path_with_namespace: name,
      web_url: `https://gitlab.example/${name}`,
      ...addresses,
    },
    repository: { name: 'Tool', url: addresses.git_ssh_url, homepage: `https://gitlab.example/${name}`, ...addresses },
  }
}
