# Sourced by the image's entry point once the database is initialised, in the shell that becomes PostgreSQL.
# The Citus image leaves PGPASSWORD set there. It would override the password file, which has a password for
# each login, and the nodes could then reach each other only as the superuser.
unset PGPASSWORD
