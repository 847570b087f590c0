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
