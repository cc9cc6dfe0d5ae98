/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of delivery share: users with whole mailboxes, on disks in memory, and a delivery. */
#pragma once

#include "delivery/delivery.h"
#include "groupware/mailbox.h"
#include "session/world.h"

G_BEGIN_DECLS

typedef struct {
    WorldUser user;
    TwMailboxFolders folders;
} Person;

typedef struct {
    World world;
    TwSession *system;
    TwDelivery *delivery;
    Person ann, bob;
} House;

void house_new(House *house);
void house_free(House *house);
/* With one key of dagent.cfg set; more calls start from the defaults again. */
void house_set(House *house, const char *key, const char *value);
void house_set_all(House *house, const TwConfigSetting *settings, guint count);

/* Finds the recipient and delivers; the answer is that of the last step that failed, or NULL. */
GError *house_deliver(House *house, const char *sender, const char *address, const char *mail);
GError *house_deliver_with(House *house,
                           const char *sender,
                           const char *address,
                           const TwDeliveryWish *wish,
                           const char *mail);

guint house_count(House *house, const Person *person, guint32 folder);
/* (transfer full): the last message there; NULL: there is none */
TwObject *house_last(House *house, const Person *person, guint32 folder, TwMessageRow *ret_row);
guint house_queued(House *house, const Person *person);

/* An entry id, as clients have it. */
GBytes *house_folder_id(House *house, const Person *person, guint32 folder);

G_END_DECLS
