// What a role allows. The server decides; this is for showing only what it will
// let through.

export const ROLES = ['viewer', 'commenter', 'editor', 'owner'] as const;

export type Role = (typeof ROLES)[number];

/** A server that says nothing of roles has editors only; of one that is unknown here nothing is assumed. */
export function roleOf(value: unknown): Role {
  if (value === undefined || value === null || value === '') return 'editor';
  return ROLES.find((role) => role === value) ?? 'viewer';
}

function reaches(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Chat, and show a cursor. */
export function mayComment(role: Role): boolean {
  return reaches(role, 'commenter');
}

/** Edit, and change the room's files. */
export function mayEdit(role: Role): boolean {
  return reaches(role, 'editor');
}
