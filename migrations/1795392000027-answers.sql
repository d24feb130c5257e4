-- Treasurers answer what somebody wrote. Both are age files; the server knows that there is something to read, and who opened how many.

-- Nothing is left to answer of it: the fund answered, or a treasurer said that there is nothing to say.
alter table request_message add column seen boolean not null default false;
update request_message set seen = true where sender = 'fund';
create index request_message_unseen on request_message (fund_id, request_id) where not seen;

-- Which conversation it was goes with the request; that somebody opened one stays.
create table message_opening (
  fund_id      uuid not null,
  opening_id   uuid not null,
  treasurer_id uuid not null,
  day          date not null,
  primary key (fund_id, opening_id),
  foreign key (fund_id, treasurer_id) references treasurer
);
call make_append_only('message_opening');

grant select on message_opening to commonpot_app, commonpot_worker;
grant insert on message_opening to commonpot_app;
grant update (seen) on request_message to commonpot_app;
