-- A treasurer who wants to be told by e-mail that something waits. The letter says no more than that; the address is theirs to give and to take back.
create table treasurer_notice (
  fund_id      uuid not null,
  treasurer_id uuid not null,
  address      text not null check (length(address) <= 254),
  language     text not null check (language ~ '^[a-z]{2}$'),
  -- Also between ten in the evening and seven in the morning.
  nights       boolean not null,
  -- When the last letter was handed over; the next one not before they have been at the desk since.
  told_at      timestamptz,
  visited      boolean not null default true,
  primary key (fund_id, treasurer_id),
  foreign key (fund_id, treasurer_id) references treasurer
);
grant select on treasurer_notice to commonpot_app, commonpot_worker;
grant insert, update, delete on treasurer_notice to commonpot_app;
grant update (told_at, visited) on treasurer_notice to commonpot_worker;
