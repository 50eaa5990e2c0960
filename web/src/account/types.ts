// What the REST API gives and takes, by the names that docs/protocol.md has.

import type { Role } from '../room/roles';

export type TenantRole = 'member' | 'admin';
export type Visibility = 'private' | 'tenant' | 'link';
export type LinkRole = Exclude<Role, 'owner'>;
export type Scope = 'read' | 'write' | 'manage' | 'account' | 'admin';

export interface ServerInfo {
  readonly mode: 'open' | 'accounts';
  readonly sign_up: 'open' | 'invited' | 'closed';
  readonly provider: string | null;
}

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly tenant: { readonly name: string; readonly role: TenantRole };
  readonly csrf: string;
}

export interface Session {
  readonly id: number;
  readonly created_at: number;
  readonly seen_at: number;
  readonly address: string;
  readonly agent: string;
  readonly is_current: boolean;
}

export interface ApiToken {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly room_id?: string | null;
  readonly created_at: number;
  readonly expires_at?: number | null;
  readonly seen_at?: number | null;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expires_in?: number;
  readonly room_id?: string;
}

export interface OwnRoom {
  readonly room_id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: number;
  readonly visibility: Visibility;
  readonly is_locked: boolean;
}

export interface RoomInfo {
  readonly room_id?: string;
  readonly name: string;
  readonly role?: Role | null;
  readonly may_manage?: boolean;
  readonly visibility?: Visibility;
  readonly link_role?: LinkRole;
  readonly is_locked?: boolean;
  readonly ai?: { readonly mode: string; readonly choices: readonly string[] };
}

/** An operation of a file's history, as the protocol has them. */
export interface HistoryEntry {
  readonly rev: number;
  readonly op: unknown;
}

export interface RoomChange {
  readonly name?: string;
  readonly visibility?: Visibility;
  readonly link_role?: LinkRole;
  readonly is_locked?: boolean;
  readonly ai?: 'off' | 'local' | 'on';
}

export interface Member {
  readonly account: number;
  readonly name: string;
  readonly login?: string;
  readonly role: Role;
}

export interface Invite {
  readonly id: number;
  readonly role?: Role; // of a room's
  readonly created_at: number;
  readonly expires_at: number;
  readonly uses?: number | null;
  readonly used: number;
}

export interface NewInvite {
  readonly role?: LinkRole;
  readonly expires_in?: number;
  readonly uses?: number;
}

/** Shown this once. */
export interface MadeInvite {
  readonly token: string;
  readonly url: string;
}

export interface TenantAccount {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly role: TenantRole;
  readonly is_disabled: boolean;
  readonly created_at: number;
  readonly seen_at?: number | null;
  readonly password?: string; // a new one, shown this once
}

export interface TenantAccountChange {
  readonly role?: TenantRole;
  readonly is_disabled?: boolean;
  readonly reset_password?: true;
}

export interface TenantRoom {
  readonly room_id: string;
  readonly name: string;
  readonly created_at: number;
  readonly visibility: Visibility;
  readonly is_locked: boolean;
  readonly owners: readonly string[];
}

export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  readonly account?: number | null;
  readonly name?: string | null;
  readonly address: string;
  readonly action: string;
  readonly room_id?: string | null;
  readonly target?: string | number | null;
  readonly detail?: unknown;
}
