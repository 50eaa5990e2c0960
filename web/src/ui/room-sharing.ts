// Whether the user may share this room, and the dialog for it.

import type { Account, ServerInfo } from '../account/types';
import type { Room } from '../room/api';
import { mayEdit } from '../room/index';
import { accounts } from './accounts';
import { openShareDialog } from './share-dialog';
import { toast } from './toasts';
import { explain } from './wording';

export interface SharingListener {
  readonly onPossible: (isPossible: boolean) => void;
  readonly onRenamed: (name: string) => void;
}

export class RoomSharing {
  private account: Account | undefined;
  private mayManage = false; // an admin, whatever the role
  private isOpening = false;

  constructor(
    private readonly room: Room,
    private readonly roomId: string,
    private readonly server: ServerInfo,
    private readonly listener: SharingListener,
  ) {
    room.on('role', () => this.tell());
    room.on('welcome', () => this.tell());
  }

  signedInAs(account: Account): void {
    this.account = account;
    if (account.tenant.role === 'admin') void this.askForMore();
    this.tell();
  }

  open(): void {
    if (this.isOpening) return;
    this.isOpening = true;
    const isOwner = this.room.role === 'owner';
    openShareDialog({ roomId: this.roomId, account: this.account, isOwner, onRenamed: this.listener.onRenamed })
      .catch((error: unknown) => toast(explain(error)))
      .finally(() => (this.isOpening = false));
  }

  private async askForMore(): Promise<void> {
    try {
      this.mayManage = (await accounts.room(this.roomId)).may_manage ?? false;
      this.tell();
    } catch {
      // Then only its owners share it here; the team's page has it in any case.
    }
  }

  private tell(): void {
    const isKnown = this.room.site !== undefined;
    const owns = this.account !== undefined && this.room.role === 'owner';
    const isPossible = this.server.mode === 'open' ? mayEdit(this.room.role) : owns || this.mayManage;
    this.listener.onPossible(isKnown && isPossible);
  }
}
