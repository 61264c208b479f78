/**
 * The environment of every git process that the viewer starts. It promises that nothing which the caller's shell, the
 * served repository or a remote has set can make git run another program, ask a question, take a lock, or reach the
 * network. What an administrator says in the system's or the account's own git configuration (`safe.directory` above
 * all) stays in force: it is theirs to say.
 */

/** Ambient variables of git that only name where the administrator's own configuration lies. */
const keptGitVariables = new Set(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM', 'GIT_EXEC_PATH'])

/** Names and values; a name may come several times. */
export type GitSettings = readonly (readonly [name: string, value: string])[]

/** Settings that win over a repository's own `config` file, because they could start something or write something. */
const forcedSettings: GitSettings = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['core.sshCommand', 'false'],
  ['core.gitProxy', ''],
  ['core.pager', 'cat'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // The folder is named by the administrator, which is all that this setting wants to know.
  ['safe.bareRepository', 'all'],
  // That grafts are read from nowhere (below) is nothing to warn of; what git warns of, a fetch shows to people.
  ['advice.graftFileDeprecated', 'false'],
]

/**
 * Variables for a git process.
 * @param ambient usually `process.env`
 * @param extra further variables of one command, such as `GIT_CEILING_DIRECTORIES`
 * @param settings further settings of one command; they too win over the repository's own
 */
export function gitEnvironment(
  ambient: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>> = {},
  settings: GitSettings = [],
): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(ambient)) {
    if (value === undefined) continue
    if (name.startsWith('GIT_') && !keptGitVariables.has(name)) continue
    result[name] = value
  }
  const all = [...settings, ...forcedSettings]
  all.forEach(([key, value], index) => {
    result[`GIT_CONFIG_KEY_${index}`] = key
    result[`GIT_CONFIG_VALUE_${index}`] = value
  })
  return {
    ...result,
    GIT_CONFIG_COUNT: String(all.length),
    // An empty list allows no transport at all, whatever `protocol.*` the repository sets: a partial clone with a
    // missing object stays a missing object.
    GIT_ALLOW_PROTOCOL: '',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // Objects are what their hash says, not what a replace ref says.
    GIT_NO_REPLACE_OBJECTS: '1',
    // Parents are what the commit says, not what a graft file says, nor the one that marks where a clone was cut off.
    GIT_GRAFT_FILE: '/dev/null',
    GIT_SHALLOW_FILE: '/dev/null',
    LC_ALL: 'C',
    ...extra,
  }
}
