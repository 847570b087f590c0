/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The agent that asks for a password on the terminal, for as long as a call may need one. */

#pragma once

#include "ctl/ctl.h"

typedef struct CtlPolkitAgent CtlPolkitAgent;

/* NULL where nobody could be asked or there is nothing to ask for. */
CtlPolkitAgent *ctl_polkit_agent_start(const Ctl *ctl);
void ctl_polkit_agent_stop(CtlPolkitAgent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CtlPolkitAgent, ctl_polkit_agent_stop)
