// Watches from inside of PostgreSQL who adds to the log: a trigger writes down,
// for each row, the room's epoch of that moment and the node's name
// (application_name). An epoch is one node's alone. A row that somebody else
// added in it was written by a former owner: the fence has failed.
//
// Rows that a room begins with (epoch 0) and rows that pack older ones (not told
// to anybody, and not fenced) are left out.

import { check, same } from '../../live/support/suite.mjs';

const install = `
  CREATE TABLE public.drill_row (n bigserial, room_key bigint, file_key bigint, first_rev bigint,
    epoch bigint, writer text);
  CREATE FUNCTION public.drill_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = tandem, pg_temp AS $$
  DECLARE calls text;
  BEGIN
    GET DIAGNOSTICS calls = PG_CONTEXT;
    IF calls !~ 'pack_runs' THEN
      INSERT INTO public.drill_row (room_key, file_key, first_rev, epoch, writer)
      SELECT room.key, NEW.file_key, NEW.first_rev, room.epoch, current_setting('application_name')
      FROM file JOIN room ON room.key = file.room_key WHERE file.key = NEW.file_key AND room.epoch > 0;
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER drill_note AFTER INSERT ON tandem.op_run
    FOR EACH ROW EXECUTE FUNCTION public.drill_note();`;

const shared = `SELECT room_key, epoch, string_agg(DISTINCT writer, ' ') FROM public.drill_row
  GROUP BY room_key, epoch HAVING count(DISTINCT writer) > 1`;

const falling = `SELECT room_key, n, epoch FROM (SELECT *, lag(epoch) OVER
  (PARTITION BY room_key ORDER BY n) AS before FROM public.drill_row) AS r WHERE epoch < before`;

const gaps = `SELECT file_key, first_rev FROM (SELECT file_key, first_rev, lag(last_rev) OVER
  (PARTITION BY file_key ORDER BY first_rev) AS before FROM tandem.op_run) AS r
  WHERE first_rev <> 1 + coalesce(before, 0)`;

// What must be noticed; the node `a` has written before.
const addRow = (node, ahead) => `SET application_name = '${node}'; INSERT INTO tandem.op_run
  SELECT file_key, last_rev + ${ahead}, last_rev + ${ahead}, tenant_id, ops FROM tandem.op_run ORDER BY last_rev DESC LIMIT 1;`;
const raiseEpoch = (by) => `UPDATE tandem.room SET epoch = epoch + ${by};`;
const forgetAfter = (n) => `DELETE FROM tandem.op_run WHERE (file_key, first_rev) IN
  (SELECT file_key, first_rev FROM public.drill_row WHERE n > ${n}); DELETE FROM public.drill_row WHERE n > ${n};`;

const forgeries = [
  ['a second node in one epoch', addRow('z', 1)],
  ['a revision left out', addRow('a', 2)],
  ['an epoch that was over', raiseEpoch(1) + addRow('a', 1) + raiseEpoch(-1) + addRow('a', 1)],
];

export class EpochWitness {
  /** REQUIRES: a migrated database in which nobody has written yet. */
  constructor(postgres, database) {
    this.sql = (statement) => postgres.sql(database, statement);
    this.sql(install);
  }

  /** How many rows it saw, in how many epochs. Throws if one should not be. */
  verify() {
    same(this.sql(shared), '', 'epochs (room, epoch, nodes) in which two nodes wrote');
    same(this.sql(falling), '', 'rows (room, number, epoch) of an epoch that was over');
    same(this.sql(gaps), '', 'rows (file, revision) that do not follow those before');
    const [rows, epochs] = this.sql(
      'SELECT count(*), count(DISTINCT (room_key, epoch)) FROM public.drill_row').split('|');
    return { rows: Number(rows), epochs: Number(epochs) };
  }

  #isContent() {
    try {
      this.verify();
      return true;
    } catch {
      return false;
    }
  }

  /** Adds rows as a former owner would, and takes them away again; what they were. */
  verifyItself() {
    const last = this.sql('SELECT max(n) FROM public.drill_row');
    for (const [what, statements] of forgeries) {
      this.sql(statements);
      check(!this.#isContent(), `${what} was not noticed`);
      this.sql(forgetAfter(last));
    }
    this.verify();
    return forgeries.map(([what]) => what);
  }
}
