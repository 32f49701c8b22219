import { setNonce } from 'get-nonce'

/** The page's own nonce: styles that components insert carry it, so that the policy lets them in. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? ''

setNonce(nonce)
