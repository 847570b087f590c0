-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The irc-conn authors

-- From version 1 to 2.

-- Keys of the configuration, with their defaults.
ALTER TABLE servers ADD COLUMN alt_addresses TEXT;
ALTER TABLE servers ADD COLUMN sts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN bind_address TEXT;
ALTER TABLE servers ADD COLUMN proxy TEXT;
ALTER TABLE servers ADD COLUMN regain_nickname INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN fetch_history INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN track_accounts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN lite INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN bot INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN ctcp INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN encoding TEXT NOT NULL DEFAULT 'windows-1252';
ALTER TABLE servers ADD COLUMN away_message TEXT;
ALTER TABLE servers ADD COLUMN sasl_ecdsa_key_file TEXT;
ALTER TABLE servers ADD COLUMN nickserv TEXT NOT NULL DEFAULT 'NickServ';

ALTER TABLE messages ADD COLUMN reply_to TEXT; -- the msgid of what it replies to
ALTER TABLE messages ADD COLUMN context TEXT; -- the channel that a private message is about

-- What became of a row after it was said. `delivery` is NULL where there is nothing to say,
-- 'unconfirmed' for what we said to a server that shows us nothing of it, 'failed' for what it did
-- not take.
ALTER TABLE messages ADD COLUMN delivery TEXT;
ALTER TABLE messages ADD COLUMN redacted_at INTEGER;
ALTER TABLE messages ADD COLUMN redacted_by TEXT;
ALTER TABLE messages ADD COLUMN redaction_reason TEXT;

-- History is ordered by the server's time: lines of the past stand between those around them. The
-- same indexes find what is known of a moment, since a line that is told again has its old time.
DROP INDEX messages_of_channel;
DROP INDEX messages_private;
CREATE INDEX messages_of_channel ON messages (channel_id, sent_at) WHERE channel_id IS NOT NULL;
CREATE INDEX messages_private ON messages
  (server_id, (CASE is_self WHEN 0 THEN sender ELSE target END) COLLATE NOCASE, sent_at)
  WHERE channel_id IS NULL;

DROP VIEW log;
CREATE VIEW log (time, server, target, sender, text) AS
  SELECT strftime('%Y-%m-%d %H:%M:%S', m.sent_at / 1000000, 'unixepoch', 'localtime'),
    s.name, ifnull(c.name, m.target), m.sender,
    CASE m.message_type WHEN 'privmsg' THEN m.content WHEN 'notice' THEN m.content
      WHEN 'action' THEN '* ' || m.content
      ELSE rtrim('[' || m.message_type || '] ' || m.content) END
    || CASE m.delivery WHEN 'failed' THEN ' (not delivered)' ELSE '' END
    || iif(m.redacted_at IS NULL, '', ' (taken back)')
  FROM messages m JOIN servers s ON s.id = m.server_id
    LEFT JOIN channels c ON c.id = m.channel_id
  ORDER BY m.sent_at, m.id;

-- Hosts that are to be reached by TLS only; each as it was dialled.
CREATE TABLE sts_policies (
  host TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
  port INTEGER NOT NULL,
  duration INTEGER NOT NULL, -- seconds
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the fetching of what was missed has to begin, until it is done: msgid is the last one that
-- was known.
CREATE TABLE history_gaps (
  server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
  target TEXT NOT NULL COLLATE NOCASE,
  msgid TEXT,
  sent_at INTEGER NOT NULL,
  PRIMARY KEY (server_id, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_markers (
  server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
  target TEXT NOT NULL COLLATE NOCASE,
  read_at INTEGER NOT NULL,
  PRIMARY KEY (server_id, target)
) STRICT, WITHOUT ROWID;
