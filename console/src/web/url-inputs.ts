// Inputs in the address: each value is gzip, then base64. Plain text is taken as it is.

async function unpack(value: string): Promise<string> {
  try {
    const bytes = Uint8Array.from(atob(value.replace(/ /g, '+')), (letter) => letter.charCodeAt(0))
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
    return await new Response(stream).text()
  } catch {
    return value
  }
}

/** Values of the app's variables; `sys.` and `user.` ones are not among them. */
export async function urlInputs(search: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(search)) {
    if (!/^(sys|user)\./.test(name) && name !== 'user_id' && name !== 'sendOnEnter') found[name] = await unpack(value)
  }
  return found
}
