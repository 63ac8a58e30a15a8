import { Type, type TObject, type TProperties, type TUnion } from 'typebox'

/** What the facades have in common in the OpenAPI document: a client authenticates by the fields of the platform. */
export const common = { tags: ['facades'], security: [] }

export const tokenField = Type.String({ description: 'The access token.' })
export const secondsField = Type.Integer({ description: 'Remaining lifetime in whole seconds.' })
export const keyField = Type.String({
  description:
    'A client key of this server instead of the secret; `<key>@<account>` or `<account>@<key>` names the account.',
})
export const passField = Type.String({ description: 'A token that this server handed out.' })

/** The result or an error, in a platform's names of the fields. */
export function response(
  fields: TProperties,
  codeName: string,
  messageName: string,
): { readonly 200: TUnion<[TObject, TObject]> } {
  return {
    200: Type.Union([Type.Object(fields), Type.Object({ [codeName]: Type.Integer(), [messageName]: Type.String() })], {
      description: 'The result or an error: the platforms send both with HTTP 200.',
    }),
  }
}

/** The code of success of WeChat and WeCom. */
export const okFields = { errcode: Type.Literal(0), errmsg: Type.Literal('ok') }

/** A ticket of WeChat and WeCom. */
export const ticketResponse = response(
  { ...okFields, ticket: Type.String(), expires_in: secondsField },
  'errcode',
  'errmsg',
)
