import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * Reads the core's errors from their source: the closed list of codes, the class of each code with its doc comment, and
 * the members of the `…Details` interfaces.
 */
export function readErrors(path) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const union = file.statements.find((node) => ts.isTypeAliasDeclaration(node) && node.name.text === 'LingpaiErrorCode')
  const codes = literalsOf(union.type)
  const classes = file.statements
    .filter((node) => ts.isClassDeclaration(node) && initializerOf(node, 'code') !== undefined)
    .map(classOf)
    .sort((left, right) => codes.indexOf(left.code) - codes.indexOf(right.code))
  const described = new Set(['LingpaiErrorOptions', ...classes.map(({ details }) => details)])
  const members = file.statements
    .filter((node) => ts.isInterfaceDeclaration(node) && described.has(node.name.text))
    .flatMap((node) =>
      node.members.map((member) => ({
        owner: node.name.text,
        name: member.name.text,
        values: member.type === undefined ? [] : literalsOf(member.type),
      })),
    )
  return { codes, classes, members, problems: classProblems(codes, classes) }
}

function classOf(node) {
  const constructor = node.members.find(ts.isConstructorDeclaration)
  const details = node.members.find((member) => member.name?.getText() === 'details')
  return {
    name: node.name.text,
    code: initializerOf(node, 'code'),
    when: docOf(node),
    details: details?.type?.getText(),
    isRetryable: /retryable: true/.test(constructor?.getText() ?? ''),
  }
}

/** Checks that every code has one class, and every class a code of the list. */
function classProblems(codes, classes) {
  const ofCode = (code) => classes.filter((thrown) => thrown.code === code)
  return [
    ...codes
      .filter((code) => ofCode(code).length !== 1)
      .map((code) => `${code} of LingpaiErrorCode has ${ofCode(code).length} classes`),
    ...classes
      .filter(({ code }) => !codes.includes(code))
      .map(({ name, code }) => `${name} has the code ${code}, which LingpaiErrorCode does not list`),
    ...classes.filter(({ when }) => when === '').map(({ name }) => `${name} has no doc comment`),
  ]
}

function initializerOf(node, name) {
  const member = node.members.find((candidate) => candidate.name?.getText() === name)
  return member?.initializer !== undefined && ts.isStringLiteral(member.initializer)
    ? member.initializer.text
    : undefined
}

function literalsOf(type) {
  const parts = ts.isUnionTypeNode(type) ? type.types : [type]
  return parts.flatMap((part) =>
    ts.isLiteralTypeNode(part) && ts.isStringLiteral(part.literal) ? [part.literal.text] : [],
  )
}

function docOf(node) {
  const text = ts.getJSDocCommentsAndTags(node).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
  return text
    .join(' ')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim()
}
