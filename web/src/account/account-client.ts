// The routes of accounts, rooms' sharing and the team, one method each.

import { Rest, RestError, type Method } from './rest';
import type {
  Account, ApiToken, AuditEntry, HistoryEntry, Invite, MadeInvite, Member, NewInvite, NewToken, OwnRoom, RoomChange, RoomInfo,
  ServerInfo, Session, TenantAccount, TenantAccountChange, TenantRoom,
} from './types';
import type { Role } from '../room/roles';

/** A server that does not know the question has no accounts. */
const WITHOUT_ACCOUNTS: ServerInfo = { mode: 'open', sign_up: 'closed', provider: null };

export class AccountClient {
  private readonly rest: Rest;
  private server_: Promise<ServerInfo> | undefined;
  private readonly signedOutListeners = new Set<() => void>();

  constructor(fetcher: typeof fetch) {
    this.rest = new Rest({
      fetch: fetcher,
      askForCsrf: () => this.csrf(),
      onRefused: () => this.checkSignedIn(),
    });
  }

  /** Returns a function that ends the subscription. */
  onSignedOut(listener: () => void): () => void {
    this.signedOutListeners.add(listener);
    return () => void this.signedOutListeners.delete(listener);
  }

  // --- who one is -------------------------------------------------------------

  server(): Promise<ServerInfo> {
    this.server_ ??= this.askServer();
    return this.server_;
  }

  /** Undefined when nobody is signed in, and where there are no accounts. */
  async account(): Promise<Account | undefined> {
    if ((await this.server()).mode === 'open') return undefined;
    try {
      return this.signedInAs(await this.rest.get<Account>('/account'));
    } catch (error) {
      if (!(error instanceof RestError) || error.status !== 401) throw error;
      this.rest.setCsrf(undefined);
      return undefined;
    }
  }

  async signIn(login: string, password: string): Promise<Account> {
    return this.signedInAs(await this.rest.postAsNobody<Account>('/account/sign-in', { login, password }));
  }

  async signUp(details: { login: string; password: string; name?: string; invite?: string }): Promise<Account> {
    return this.signedInAs(await this.rest.postAsNobody<Account>('/account/sign-up', details));
  }

  async signOut(): Promise<void> {
    await this.rest.change('POST', '/account/sign-out');
    this.rest.setCsrf(undefined);
  }

  private signedInAs(account: Account): Account {
    this.rest.setCsrf(account.csrf);
    return account;
  }

  private async csrf(): Promise<string | undefined> {
    return (await this.account())?.csrf;
  }

  private async askServer(): Promise<ServerInfo> {
    try {
      return await this.rest.get<ServerInfo>('/server');
    } catch (error) {
      const isOlder = error instanceof RestError && (error.status === 404 || error.code === 'not_json');
      if (isOlder) return WITHOUT_ACCOUNTS;
      this.server_ = undefined;
      throw error;
    }
  }

  /** A 401 may also be about a password that was asked for. */
  private async checkSignedIn(): Promise<void> {
    if (await this.account()) return;
    for (const listener of [...this.signedOutListeners]) listener();
  }

  /** For what only somebody who is signed in may ask. */
  private async ask<T>(path: string): Promise<T> {
    try {
      return await this.rest.get<T>(path);
    } catch (error) {
      if (error instanceof RestError && error.status === 401) await this.checkSignedIn();
      throw error;
    }
  }

  // --- the API itself ---------------------------------------------------------

  /** Any request, in the name of whoever is signed in; whatever the answer, it is one. */
  tryOut(method: Method, path: string, body?: string): Promise<Response> {
    return this.rest.tryOut(method, path, body);
  }

  // --- the own account --------------------------------------------------------

  async setName(name: string): Promise<Account> {
    return this.signedInAs(await this.rest.change<Account>('PATCH', '/account', { name }));
  }

  changePassword(old: string, next: string): Promise<void> {
    return this.rest.change('POST', '/account/password', { old, new: next });
  }

  sessions(): Promise<Session[]> {
    return this.ask('/account/sessions');
  }

  endSession(session: number): Promise<void> {
    return this.rest.change('DELETE', `/account/sessions/${session}`);
  }

  tokens(): Promise<ApiToken[]> {
    return this.ask('/account/tokens');
  }

  createToken(token: NewToken): Promise<ApiToken & { token: string }> {
    return this.rest.change('POST', '/account/tokens', token);
  }

  revokeToken(token: number): Promise<void> {
    return this.rest.change('DELETE', `/account/tokens/${token}`);
  }

  ownRooms(): Promise<OwnRoom[]> {
    return this.ask('/account/rooms');
  }

  // --- rooms ------------------------------------------------------------------

  createRoom(name: string): Promise<{ room_id: string }> {
    return this.rest.change('POST', '/rooms', name === '' ? {} : { name });
  }

  /** Somebody who is not signed in may ask too: no answer signs anybody out. */
  room(room: string): Promise<RoomInfo> {
    return this.rest.get(pathOf(room));
  }

  changeRoom(room: string, change: RoomChange): Promise<RoomInfo> {
    return this.rest.change('PATCH', pathOf(room), change);
  }

  /** The operations after revision `from` up to `to`, at most 10,000. */
  history(room: string, file: string, from: number, to: number): Promise<readonly HistoryEntry[]> {
    return this.rest.get(`${pathOf(room)}/files/${encodeURIComponent(file)}/history?from=${from}&to=${to}`);
  }

  removeRoom(room: string): Promise<void> {
    return this.rest.change('DELETE', pathOf(room));
  }

  members(room: string): Promise<Member[]> {
    return this.ask(`${pathOf(room)}/members`);
  }

  addMember(room: string, login: string, role: Role): Promise<Member> {
    return this.rest.change('POST', `${pathOf(room)}/members`, { login, role });
  }

  setMemberRole(room: string, account: number, role: Role): Promise<Member> {
    return this.rest.change('PATCH', `${pathOf(room)}/members/${account}`, { role });
  }

  removeMember(room: string, account: number): Promise<void> {
    return this.rest.change('DELETE', `${pathOf(room)}/members/${account}`);
  }

  handOver(room: string, account: number): Promise<void> {
    return this.rest.change('POST', `${pathOf(room)}/owner`, { account });
  }

  roomInvites(room: string): Promise<Invite[]> {
    return this.ask(`${pathOf(room)}/invites`);
  }

  inviteToRoom(room: string, invite: NewInvite): Promise<MadeInvite> {
    return this.rest.change('POST', `${pathOf(room)}/invites`, invite);
  }

  revokeRoomInvite(room: string, invite: number): Promise<void> {
    return this.rest.change('DELETE', `${pathOf(room)}/invites/${invite}`);
  }

  // --- the team ---------------------------------------------------------------

  teamAccounts(): Promise<TenantAccount[]> {
    return this.ask('/tenant/accounts');
  }

  addTeamAccount(account: { login: string; name?: string; role?: TenantAccount['role'] }): Promise<TenantAccount> {
    return this.rest.change('POST', '/tenant/accounts', account);
  }

  changeTeamAccount(account: number, change: TenantAccountChange): Promise<TenantAccount> {
    return this.rest.change('PATCH', `/tenant/accounts/${account}`, change);
  }

  teamInvites(): Promise<Invite[]> {
    return this.ask('/tenant/invites');
  }

  inviteToTeam(invite: NewInvite): Promise<MadeInvite> {
    return this.rest.change('POST', '/tenant/invites', invite);
  }

  revokeTeamInvite(invite: number): Promise<void> {
    return this.rest.change('DELETE', `/tenant/invites/${invite}`);
  }

  teamRooms(): Promise<TenantRoom[]> {
    return this.ask('/tenant/rooms');
  }

  audit(before: number | undefined, limit: number): Promise<AuditEntry[]> {
    const from = before === undefined ? '' : `&before=${before}`;
    return this.ask(`/tenant/audit?limit=${limit}${from}`);
  }
}

function pathOf(room: string): string {
  return `/rooms/${encodeURIComponent(room)}`;
}
