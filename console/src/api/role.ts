import { useGet } from './hooks'
import type { Profile, Role } from './types'

const RANK: Record<Role, number> = { normal: 0, editor: 1, admin: 2, owner: 3 }

/** What whoever is logged in may do. The server decides; this only hides what it would refuse. */
export function useMay(least: Role): boolean {
  const { data } = useGet<Profile>('/account/profile')
  return RANK[data?.role ?? 'owner'] >= RANK[least]
}
