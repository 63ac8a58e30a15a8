/** A test of a new package that lists what isn't filled in yet. You may remove it when the list is empty. */
export const filledInTest = `import { readdirSync, readFileSync } from 'node:fs'

/** The comments of this package that say what to fill in, with their places. */
function toDo(): readonly string[] {
  return ['src', 'test'].flatMap((folder) => {
    const directory = new URL(\`../\${folder}/\`, import.meta.url)
    return readdirSync(directory).flatMap((file) => {
      const lines = readFileSync(new URL(file, directory), 'utf8').split('\\n')
      return lines.flatMap((line, index) => {
        const task = /^ *\\/\\/ Fill in: (.*)$/.exec(line)?.[1]
        return task === undefined ? [] : [\`\${folder}/\${file}:\${index + 1}: \${task}\`]
      })
    })
  })
}

// Remove each comment when its lines are filled in.
test('nothing is left to fill in', () => {
  expect(toDo()).toEqual([])
})
`
