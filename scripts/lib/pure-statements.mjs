import ts from 'typescript'

const pure = '/* @__PURE__ */ '

/**
 * Marks what the top of a bundle computes as free of side effects, so that bundlers of applications leave out what they don't use.
 * Each source file may be left out, as package.json says; in a bundle of many files, bundlers can't see where one ends, and would
 * keep each call and all that it needs.
 */
export function withPureStatements(code) {
  const file = ts.createSourceFile('bundle.js', code, ts.ScriptTarget.ES2022, true)
  const insertions = []
  for (const statement of file.statements.filter((node) => ts.isVariableStatement(node))) {
    for (const { name, initializer: value } of statement.declarationList.declarations) {
      if (value === undefined || !ts.isIdentifier(name) || isMarked(value) || !computes(value)) continue
      const start = value.getStart()
      const isPlainCall = ts.isCallExpression(value) || ts.isNewExpression(value)
      if (isPlainCall && ts.isIdentifier(value.expression) && !(value.arguments ?? []).some(computes)) {
        insertions.push([start, pure])
      } else {
        insertions.push([start, `${pure}(() => ${ts.isObjectLiteralExpression(value) ? '(' : ''}`])
        // A class takes its name from the variable, but not through a function.
        if (ts.isClassExpression(value) && value.name === undefined) insertions.push([start + 5, ` ${name.text}`])
        insertions.push([value.end, ts.isObjectLiteralExpression(value) ? '))()' : ')()'])
      }
    }
  }
  let text = code
  for (const [position, inserted] of insertions.reverse()) {
    text = text.slice(0, position) + inserted + text.slice(position)
  }
  return text
}

function isMarked(value) {
  return value.getFullText().trimStart().startsWith('/* @__PURE__ */')
}

/** Whether evaluating an expression runs code that bundlers can't judge. Bodies of functions don't run yet. */
function computes(node) {
  if (ts.isAwaitExpression(node)) throw new RangeError(`a variable awaits its value at the top: ${node.getText()}`)
  if (ts.isFunctionLike(node)) return node.name !== undefined && computesName(node.name)
  if (ts.isPropertyDeclaration(node)) {
    const isStatic = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true
    return computesName(node.name) || (isStatic && node.initializer !== undefined && computes(node.initializer))
  }
  if (ts.isClassStaticBlockDeclaration(node) || ts.isSpreadAssignment(node) || isAssignment(node)) return true
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node)) return true
  return ts.forEachChild(node, (child) => computes(child) || undefined) === true
}

/** A name like `[inspect]`: bundlers don't know that it is a symbol. Those of the language, like `[Symbol.iterator]`, they do. */
function computesName(name) {
  return ts.isComputedPropertyName(name) && !/^Symbol\.\w+$/.test(name.expression.getText())
}

function isAssignment(node) {
  const { FirstAssignment, LastAssignment } = ts.SyntaxKind
  if (!ts.isBinaryExpression(node)) return false
  return node.operatorToken.kind >= FirstAssignment && node.operatorToken.kind <= LastAssignment
}
