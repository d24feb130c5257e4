-- Treasurers, their passkeys and sessions: per fund. There is no administrator anywhere.

create table invitation (
  fund_id    uuid not null references fund,
  token_hash bytea not null check (octet_length(token_hash) = 32),
  expires_at timestamptz not null,
  used       boolean not null,
  primary key (fund_id, token_hash)
);

create table treasurer (
  fund_id      uuid not null references fund,
  treasurer_id uuid not null,
  name         text not null check (length(name) between 1 and 40),
  recipient    text not null check (recipient ~ '^age1[a-z0-9]{58}$'),
  joined_day   date not null,
  primary key (fund_id, treasurer_id),
  unique (fund_id, recipient)
);

create table credential (
  fund_id          uuid not null,
  credential_id    text not null check (length(credential_id) between 16 and 1400),
  treasurer_id     uuid not null,
  public_key       bytea not null,
  counter          bigint not null check (counter >= 0),
  practice         boolean not null,
  wrapped_identity text not null check (length(wrapped_identity) <= 4096),
  wrapped_by       text not null check (wrapped_by in ('prf', 'passphrase')),
  primary key (fund_id, credential_id),
  foreign key (fund_id, treasurer_id) references treasurer
);

-- A practice passkey is known to everybody, so it never acts on a real fund, whatever the program says.
create function practice_credential_guard() returns trigger language plpgsql as $$
begin
  if new.practice and not (select f.practice from fund f where f.fund_id = new.fund_id) then
    raise exception 'a practice passkey never acts on a real fund' using errcode = 'CP001';
  end if;
  return new;
end $$;
call add_guard('credential', 'practice_credential_guard', 'before insert or update on %I for each row', 'practice_credential_guard()');

call add_guard('treasurer', 'treasurer_only_while_founding', 'before insert on %I for each row', 'only_while_founding(''treasurer'')');
call add_guard('credential', 'credential_only_while_founding', 'before insert on %I for each row', 'only_while_founding(''credential'')');

-- What a passkey was asked to sign, once. The purpose is part of the signed bytes, so that a login can never be an approval.
create table challenge (
  fund_id      uuid not null references fund,
  challenge_id uuid not null,
  purpose      text not null check (purpose in ('register', 'login', 'open', 'approve', 'genesis', 'decide')),
  treasurer_id uuid,
  challenge    bytea not null unique check (octet_length(challenge) = 32),
  subject      jsonb,
  expires_at   timestamptz not null,
  primary key (fund_id, challenge_id)
);

create table session (
  token_hash   bytea primary key check (octet_length(token_hash) = 32),
  fund_id      uuid not null references fund,
  treasurer_id uuid not null,
  began_at     timestamptz not null,
  seen_at      timestamptz not null
);

-- Statements that treasurers signed, with their assertions, word for word.
create table signed_statement (
  fund_id      uuid not null,
  statement_id uuid not null,
  treasurer_id uuid not null,
  purpose      text not null check (purpose in ('approve', 'genesis', 'decide')),
  statement    text not null,
  nonce        text not null unique,
  assertion    jsonb not null,
  day          date not null,
  primary key (fund_id, statement_id),
  foreign key (fund_id, treasurer_id) references treasurer
);
call make_append_only('signed_statement');

grant select on all tables in schema public to commonpot_app, commonpot_worker;
grant insert on invitation, treasurer, credential, challenge, session, signed_statement to commonpot_app;
grant update (used) on invitation to commonpot_app;
grant update (counter) on credential to commonpot_app;
grant update (seen_at) on session to commonpot_app;
grant delete on challenge, session to commonpot_app, commonpot_worker;
