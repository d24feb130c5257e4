-- By which rule each selection was made, and by which writing of it.
alter table selection add column rule text not null default 'first-come' check (rule in ('first-come', 'deadline-first', 'never-helped-first'));
alter table selection add column rule_version int not null default 1 check (rule_version >= 1);
alter table selection alter column rule drop default, alter column rule_version drop default;

-- "This fund has not helped me before", by the person's own word; asked for only where the charter's rule goes by it.
alter table aid_request add column first_help boolean not null default false;
