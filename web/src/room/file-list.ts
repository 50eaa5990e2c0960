// The room's files as the server has told them. A name may come to stand for
// another file; an id does not.

import type { FileRef, RoomFileInfo } from './api';
import type { FileChange, FileRename } from './messages';

/** By the ids if both have one. */
export function isSameFile(a: FileRef, b: FileRef): boolean {
  return a.id === undefined || b.id === undefined ? a.file === b.file : a.id === b.id;
}

function byName(a: RoomFileInfo, b: RoomFileInfo): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

export class FileList {
  private infos: readonly RoomFileInfo[] = [];

  /** Sorted by name. */
  get all(): readonly RoomFileInfo[] {
    return [...this.infos].sort(byName);
  }

  find(file: FileRef): RoomFileInfo | undefined {
    return this.infos.find((info) => isSameFile(info, file));
  }

  idOf(name: string): number | undefined {
    return this.infos.find(({ file }) => file === name)?.id;
  }

  replaceAll(infos: readonly RoomFileInfo[]): void {
    this.infos = infos;
  }

  created({ file, id, language }: FileChange): void {
    this.put({ file, id }, { file, id, language: language ?? '' });
  }

  /** What is known of it under the new name. */
  renamed({ file, id, to, language }: FileRename): RoomFileInfo {
    const before = this.find({ file, id });
    const info = { file: to, id: id ?? before?.id, language: language ?? before?.language ?? '' };
    this.put({ file, id }, info);
    return info;
  }

  removed(file: FileRef): void {
    this.infos = this.infos.filter((info) => !isSameFile(info, file));
  }

  private put(file: FileRef, info: RoomFileInfo): void {
    this.removed(file);
    this.infos = [...this.infos, info];
  }
}
