/** What is wrong with an event. UNVERIFIED: which subcode stands for what, but for the age and for too little data. */
export interface EventTrouble {
  subcode: number
  title: string
  text: string
}

const field = (name: string, rule: string): EventTrouble => ({
  subcode: 2804019,
  title: 'Invalid parameter in an event',
  text: `The parameter ${name} of an event ${rule}.`,
})

export const troubles = {
  missing: (name: string) => field(name, 'is required'),
  notHashed: (name: string) => field(name, 'must be hashed: SHA-256 in hex'),
  hashed: (name: string) => field(name, 'must not be hashed'),
  wrong: field,
  missingOnWebsite: (name: string) => field(name, 'is required when action_source is website'),
  tooOld: (days: number): EventTrouble => ({
    subcode: 2804003,
    title: 'Event timestamp too old',
    text: `The event_time of an event is more than ${days} days in the past. No event of this request was processed.`,
  }),
  tooWeak: {
    subcode: 2804050,
    title: 'Not enough customer information parameters',
    text: 'An event has no customer information parameters, or a combination of them that is too broad to be matched.',
  },
  orderedByFault: field('data', 'is not valid, by order of a fault'),
} as const
