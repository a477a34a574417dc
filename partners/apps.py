from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = "Mitra"

    def ready(self) -> None:
        # The models of this app are not loaded before.
        from participants import timeline as moments  # noqa: PLC0415
        from partners import audiences, handlers, timeline  # noqa: PLC0415
        from partners.announcing import messages as results  # noqa: PLC0415
        from partners.announcing.curated import PASSED  # noqa: PLC0415
        from partners.api import retention as api  # noqa: PLC0415
        from partners.bazaars.profile import SALES  # noqa: PLC0415
        from partners.calls import messages as applications  # noqa: PLC0415
        from partners.curation.profile import CURATION  # noqa: PLC0415
        from partners.sharing import messages as withdrawals  # noqa: PLC0415
        from partners.sharing import retention as sharing  # noqa: PLC0415
        from partners.space import messages as members  # noqa: PLC0415
        from umkm_portal.imports import profiles  # noqa: PLC0415
        from umkm_portal.messaging.desk import sources  # noqa: PLC0415

        handlers.register_own()
        sources.register(PASSED)
        api.register_jobs()
        audiences.register()
        applications.register()
        results.register()
        members.register()
        withdrawals.register()
        sharing.register_jobs()
        moments.register_source(timeline.applications_of)
        moments.register_source(timeline.results_of)
        profiles.register(CURATION)
        profiles.register(SALES)
