// Roles, times and errors as people read them.

import { RestError } from '../account/rest';
import type { LinkRole, Scope, TenantRole, Visibility } from '../account/types';
import type { Role } from '../room/roles';

export const ROLE_NAMES: Record<Role, string> = {
  viewer: 'Viewer',
  commenter: 'Commenter',
  editor: 'Editor',
  owner: 'Owner',
};

export const LINK_ROLES: readonly [LinkRole, string][] = [
  ['viewer', 'Viewer: may read'],
  ['commenter', 'Commenter: may also chat'],
  ['editor', 'Editor: may also write'],
];

export const MEMBER_ROLES: readonly [Role, string][] = [
  ['viewer', 'Viewer'],
  ['commenter', 'Commenter'],
  ['editor', 'Editor'],
  ['owner', 'Owner'],
];

export const TENANT_ROLES: readonly [TenantRole, string][] = [
  ['member', 'Member'],
  ['admin', 'Admin'],
];

export const VISIBILITIES: Record<Visibility, string> = {
  private: 'Members only',
  tenant: 'Everyone in the team',
  link: 'Anyone with the link',
};

export const SCOPES: Record<Scope, string> = {
  read: 'Read rooms',
  write: 'Write in rooms',
  manage: 'Manage rooms',
  account: 'This account',
  admin: 'The team',
};

export const REMOVAL = 'The room, its files and their history go away for everybody.';

export const DAY_S = 86_400;

export function dateTime(at: number): string {
  return new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

export function date(at: number): string {
  return new Date(at).toLocaleDateString([], { dateStyle: 'medium' });
}

export function inSeconds(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}

const BY_CODE = new Map([
  ['login_taken', 'Somebody has this login already.'],
  ['no_such_account', 'Nobody in the team has this login.'],
  ['last_owner', 'A room keeps at least one owner: make somebody else the owner first.'],
  ['last_admin', 'A team keeps at least one admin: make somebody else one first.'],
  ['no_such_invite', 'The invitation is not valid any more.'],
]);

export function explain(error: unknown): string {
  if (!(error instanceof RestError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 429) {
    return `Too many attempts. Try again in ${inSeconds(error.retryMs ?? 60_000)}.`;
  }
  return BY_CODE.get(error.code) ?? sentence(error.message);
}

function sentence(text: string): string {
  const [first = '', ...rest] = text;
  return `${first.toUpperCase()}${rest.join('')}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
