-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The irc-conn authors

-- From an empty file to version 1.
--
-- Times are microseconds since the epoch, UTC. Names of channels and nicknames compare without
-- regard to ASCII case: the protocol core hands over each channel and member as it tracks it, with
-- the server's casemapping, but what an owner types is seldom spelled as the server does.

-- Up to quit_message the columns are the keys of the configuration, the rest is live. One more key,
-- "channels", is the table of that name.
CREATE TABLE servers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  port INTEGER NOT NULL,
  tls INTEGER NOT NULL,
  nickname TEXT NOT NULL,
  alt_nicknames TEXT,
  username TEXT,
  realname TEXT,
  tls_ca_file TEXT,
  tls_client_cert TEXT,
  tls_client_key TEXT,
  tls_pin TEXT,
  sasl_mechanisms TEXT,
  sasl_account TEXT,
  sasl_required INTEGER NOT NULL,
  sasl_plain_insecure INTEGER NOT NULL,
  survive INTEGER NOT NULL,
  connect_timeout INTEGER NOT NULL,
  register_timeout INTEGER NOT NULL,
  ping_interval INTEGER NOT NULL,
  ping_timeout INTEGER NOT NULL,
  reconnect_delay_ms INTEGER NOT NULL,
  reconnect_max_ms INTEGER NOT NULL,
  quit_message TEXT,
  wanted INTEGER NOT NULL DEFAULT 0, -- the owner's will: connected or not
  status TEXT,
  status_since INTEGER NOT NULL DEFAULT 0,
  process_pid INTEGER,
  socket_path TEXT,
  connected_at INTEGER,
  failed_attempts INTEGER NOT NULL DEFAULT 0, -- in a row
  next_attempt_at INTEGER NOT NULL DEFAULT 0,
  idle_starts INTEGER NOT NULL DEFAULT 0, -- of the process, in a row without progress
  last_error TEXT,
  last_error_code TEXT,
  live_nickname TEXT,
  live_network TEXT,
  pending_quit TEXT
) STRICT;

CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
  name TEXT NOT NULL COLLATE NOCASE,
  autojoin INTEGER NOT NULL DEFAULT 0,
  autojoin_order INTEGER NOT NULL DEFAULT 0,
  joined INTEGER NOT NULL DEFAULT 0,
  topic TEXT,
  key TEXT,
  UNIQUE (server_id, name)
) STRICT;

CREATE TABLE channel_users (
  channel_id INTEGER NOT NULL REFERENCES channels ON DELETE CASCADE,
  nickname TEXT NOT NULL COLLATE NOCASE,
  account TEXT,
  prefixes TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (channel_id, nickname)
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
  server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret BLOB NOT NULL,
  PRIMARY KEY (server_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocklist (
  id INTEGER PRIMARY KEY,
  server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
  channel TEXT COLLATE NOCASE, -- NULL: the whole server
  reason TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  is_permanent INTEGER NOT NULL DEFAULT 0,
  blocked_at INTEGER NOT NULL,
  blocked_until INTEGER,
  CHECK ((is_permanent <> 0) = (blocked_until IS NULL))
) STRICT;
CREATE UNIQUE INDEX blocklist_once ON blocklist (server_id, ifnull(channel, '') COLLATE NOCASE);

-- The link's runtime state: what changes with every read apart from what seldom does.
CREATE TABLE links (
  server_id INTEGER PRIMARY KEY REFERENCES servers ON DELETE CASCADE,
  cookie INTEGER NOT NULL,
  in_position INTEGER NOT NULL,
  carry BLOB NOT NULL DEFAULT x'',
  is_dropping INTEGER NOT NULL DEFAULT 0,
  tail BLOB NOT NULL DEFAULT x''
) STRICT;

CREATE TABLE link_sessions (
  server_id INTEGER PRIMARY KEY REFERENCES links ON DELETE CASCADE,
  output BLOB NOT NULL DEFAULT x'',
  snapshot BLOB NOT NULL DEFAULT x'',
  listeners TEXT NOT NULL DEFAULT ''
) STRICT;

-- Two indexes and no more, since each costs every row: one for a channel's history, one for the
-- private conversations, under the nickname of whoever is not us. SQLite ends every index with the
-- row's id, which is what orders history.
--
-- Ids never repeat, so that a subscriber may remember them. AUTOINCREMENT would see to that at a
-- third of the speed; here the trigger messages_deleted remembers the highest one that is gone.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  server_id INTEGER NOT NULL REFERENCES servers ON DELETE CASCADE,
  channel_id INTEGER REFERENCES channels ON DELETE CASCADE, -- NULL: private
  target TEXT NOT NULL,
  sender TEXT NOT NULL,
  source TEXT,
  account TEXT,
  content TEXT NOT NULL,
  raw BLOB, -- the bytes of `content` where they were not UTF-8
  message_type TEXT NOT NULL,
  is_self INTEGER NOT NULL,
  msgid TEXT,
  sent_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_of_channel ON messages (channel_id) WHERE channel_id IS NOT NULL;
CREATE INDEX messages_private ON messages
  (server_id, (CASE is_self WHEN 0 THEN sender ELSE target END) COLLATE NOCASE)
  WHERE channel_id IS NULL;

-- Fed in idle time, up to the row that message_marks names.
CREATE VIRTUAL TABLE messages_fts USING fts5
  (content, content='messages', content_rowid='id',
   tokenize='unicode61 remove_diacritics 2');

CREATE TABLE message_marks (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  indexed_id INTEGER NOT NULL DEFAULT 0, -- the last in the full-text index
  deleted_id INTEGER NOT NULL DEFAULT 0 -- the highest that was deleted
) STRICT;
INSERT INTO message_marks (one) VALUES (1);

CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
  UPDATE message_marks SET deleted_id = old.id WHERE deleted_id < old.id;
  INSERT INTO messages_fts (messages_fts, rowid, content)
    SELECT 'delete', old.id, old.content FROM message_marks WHERE old.id <= indexed_id;
END;
CREATE TRIGGER messages_changed AFTER UPDATE OF content ON messages BEGIN
  INSERT INTO messages_fts (messages_fts, rowid, content)
    SELECT 'delete', old.id, old.content FROM message_marks WHERE old.id <= indexed_id;
  INSERT INTO messages_fts (rowid, content)
    SELECT new.id, new.content FROM message_marks WHERE new.id <= indexed_id;
END;

-- For people with sqlite3 at hand.
CREATE VIEW log (time, server, target, sender, text) AS
  SELECT strftime('%Y-%m-%d %H:%M:%S', m.sent_at / 1000000, 'unixepoch', 'localtime'),
    s.name, ifnull(c.name, m.target), m.sender,
    CASE m.message_type WHEN 'privmsg' THEN m.content WHEN 'notice' THEN m.content
      WHEN 'action' THEN '* ' || m.content
      ELSE rtrim('[' || m.message_type || '] ' || m.content) END
  FROM messages m JOIN servers s ON s.id = m.server_id
    LEFT JOIN channels c ON c.id = m.channel_id
  ORDER BY m.id;

CREATE TABLE admin_users (
  id INTEGER PRIMARY KEY,
  account TEXT COLLATE NOCASE UNIQUE,
  mask TEXT COLLATE NOCASE UNIQUE,
  added_by TEXT,
  added_at INTEGER NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 1,
  CHECK ((account IS NULL) <> (mask IS NULL))
) STRICT;

CREATE TABLE command_permissions (
  command_name TEXT PRIMARY KEY,
  requires_admin INTEGER NOT NULL,
  description TEXT,
  updated_at INTEGER NOT NULL,
  updated_by TEXT
) STRICT;
