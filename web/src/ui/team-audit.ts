// What happened in the team, newest first, page by page.

import type { AuditEntry } from '../account/types';
import { accounts } from './accounts';
import { element } from './dom';
import { attempt, problemLine } from './forms';
import { row } from './list-section';
import { section } from './page-frame';
import { dateTime } from './wording';

const PAGE = 50;

export function auditSection(): HTMLElement {
  const list = element('ol', { class: 'rows', 'aria-label': 'Audit log' });
  const note = element('p', { class: 'list-note' }, 'Loading…');
  const problem = problemLine();
  const more = element('button', { class: 'button', type: 'button', hidden: true }, 'Show older');
  let oldest: number | undefined;
  const load = (): Promise<boolean> =>
    attempt([more], problem, async () => {
      const entries = await accounts.audit(oldest, PAGE);
      list.append(...entries.map(auditRow));
      oldest = entries.at(-1)?.id ?? oldest;
      more.hidden = entries.length < PAGE;
      note.textContent = list.firstChild ? '' : 'Nothing has happened yet.';
      note.hidden = note.textContent === '';
    }).then((isDone) => {
      if (isDone) more.textContent = 'Show older';
      else [more.hidden, more.textContent, note.hidden] = [false, 'Try again', true];
      return isDone;
    });
  more.addEventListener('click', () => void load());
  void load();
  const attributes = { class: 'button small', href: '/tenant/audit/export', download: 'audit.ndjson' };
  const all = element('a', attributes, 'Export all (NDJSON)');
  return section('Audit log', element('div', { class: 'section-tools' }, all), list, note, problem, more);
}

function auditRow({ at, name, account, address, action, room_id: room, target, detail }: AuditEntry): HTMLElement {
  const who = name || (account ? `account ${account}` : 'nobody');
  return row(action, [
    element('time', { datetime: new Date(at).toISOString() }, dateTime(at)),
    who,
    address,
    room ? `room ${room}` : '',
    target === undefined || target === null ? '' : String(target),
    describeDetail(detail),
  ]);
}

function describeDetail(detail: unknown): string {
  if (detail === undefined || detail === null) return '';
  return typeof detail === 'string' ? detail : JSON.stringify(detail);
}
