/** Where CONFIRM_WITH_LINK leads: the names of path and parameters are Cognito's. */
export function confirmationLink(
  publicUrl: string,
  { clientId, username, code }: { readonly clientId: string; readonly username: string; readonly code: string },
): string {
  const query = new URLSearchParams({ client_id: clientId, user_name: username, confirmation_code: code })
  return `${publicUrl}/confirmUser?${query}`
}
