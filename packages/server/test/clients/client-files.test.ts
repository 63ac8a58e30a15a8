import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { environment, languages } from './client-driver.js'

const [python, go] = languages as [(typeof languages)[0], (typeof languages)[0]]

/** Runs a tool and returns what it printed. */
function printed(program: string, args: readonly string[], cwd: string): string {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd, env: { ...process.env, ...environment } })
  return `${String(stdout)}${String(stderr)}${status === 0 ? '' : `exit code ${status}`}`
}

python.test('the Python client has the syntax of Python 3.9 and imports the standard library only', async () => {
  const check = `
import ast, sys
with open(sys.argv[1], encoding='utf-8') as file:
    tree = ast.parse(file.read(), feature_version=(3, 9))
names = set()
for node in ast.walk(tree):
    if isinstance(node, ast.Import):
        names.update(alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        names.add(node.module)
allowed = getattr(sys, 'stdlib_module_names', None)
print(sorted(name for name in names if allowed and name.split('.')[0] not in allowed))`
  expect(printed('python3', ['-c', check, python.file], dirname(python.file))).toBe('[]\n')
})

go.test(
  'the Go client is formatted, passes go vet and needs no module',
  async () => {
    const directory = dirname(go.file)
    expect(printed('gofmt', ['-l', directory], directory)).toBe('')
    expect(printed('go', ['vet', './...'], directory)).toBe('')
    expect(printed('go', ['list', '-m', 'all'], directory)).toBe('lingpai\n')
  },
  300_000,
)
