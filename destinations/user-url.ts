import { z } from 'zod'

/** An address that a user gives and that we send to: http or https, any port, no name and password in it. */
export const userUrl = () =>
  z
    .string()
    .trim()
    .max(2_000)
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'An address with https')
    .refine((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      return !url?.username && !url?.password
    }, 'An address without a name and a password in it: credentials have a field of their own')
