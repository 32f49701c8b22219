/** The file or folder in which the sandbox keeps its state cannot be used. Its message is one sentence. */
export class KeptStateError extends Error {
  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    super(
      `The sandbox cannot use ${path} to keep its state (${reason}): make it readable and writable, or move it away to begin afresh, or choose another folder with --data-dir.`,
      { cause },
    )
    this.name = 'KeptStateError'
  }
}
