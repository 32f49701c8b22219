/** A call to `/_sandbox` that cannot be done; the message says what was expected. */
export class ControlFault extends Error {
  readonly status: 400 | 404 | 409
  constructor(status: 400 | 404 | 409, message: string) {
    super(message)
    this.status = status
  }
}
