import { createAudience, readAccount, readAudience, readAudiences } from './audiences.ts'
import { createList, readList, readLists, updateList } from './lists.ts'
import type { Run } from './operation.ts'
import type { Scope } from './state.ts'

export interface Operation {
  name: string
  needs: Scope
  run: Run
}

const reads = 'ads:read'
const writes = 'ads:write'

/** By the path after `/v5/ad_accounts/{id}`, then by the method. */
export const operations: Record<string, Record<string, Operation>> = {
  '': { GET: { name: 'read_account', needs: reads, run: readAccount } },
  '/customer_lists': {
    GET: { name: 'read_lists', needs: reads, run: readLists },
    POST: { name: 'create_list', needs: writes, run: createList },
  },
  '/customer_lists/{id}': {
    GET: { name: 'read_list', needs: reads, run: readList },
    PATCH: { name: 'update_list', needs: writes, run: updateList },
  },
  '/audiences': {
    GET: { name: 'read_audiences', needs: reads, run: readAudiences },
    POST: { name: 'create_audience', needs: writes, run: createAudience },
  },
  '/audiences/{id}': { GET: { name: 'read_audience', needs: reads, run: readAudience } },
}
